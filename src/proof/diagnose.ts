import { AegisError, ExitCode, messageOf } from '../errors.js';
import type { Requirement } from '../posture/requirement.js';
import { laneRequirements } from '../vm/index.js';
import { feelLoads, mechanisms, type Mechanism } from '../witness/feel.js';
import { hostRequirements } from '../witness/host.js';
import { installationRequirements } from '../witness/installation.js';
import { readKernelFacts } from '../witness/kernel.js';

/** Whether one kind of BPF program loaded when tried. Loading is not firing: only a proof shows that. */
export interface FeltMechanism {
  readonly mechanism: Mechanism;
  readonly loads: boolean;
  /** Why not, in the kernel's words or those of the attempt. */
  readonly reason?: string;
}

/** What is here, what is missing and how to get it; `aegis doctor --json` prints it as it is. */
export interface Diagnosis {
  readonly schema_version: 1;
  readonly node: string;
  readonly kernel: string;
  /** What the kernel says of itself. Nothing may be concluded from it. */
  readonly listed: { readonly lsms: readonly string[] | null; readonly lockdown: string | null };
  /** What was tried just now. */
  readonly felt: readonly FeltMechanism[];
  readonly installation: readonly Requirement[];
  readonly host: readonly Requirement[];
  readonly lane: readonly Requirement[];
  readonly can_prove: { readonly host: boolean; readonly lane: boolean };
}

/** Looks at everything once. Throws nothing for what is missing; that is what it tells. */
export async function diagnose(): Promise<Diagnosis> {
  const [kernel, felt, installation, host, lane] = await Promise.all([
    readKernelFacts(),
    feelMechanisms(),
    installationRequirements(),
    hostRequirements(),
    laneRequirements(),
  ]);
  return {
    schema_version: 1,
    node: process.versions.node,
    kernel: kernel.release,
    listed: { lsms: kernel.lsms ?? null, lockdown: kernel.lockdown ?? null },
    felt,
    installation,
    host,
    lane,
    can_prove: {
      host: areMet([...installation, ...host]),
      lane: areMet([...installation, ...lane]),
    },
  };
}

/** Exit code of a diagnosis: 0 when proofs can run somewhere, else 77. */
export function exitCodeOfDiagnosis({ can_prove }: Pick<Diagnosis, 'can_prove'>): ExitCode {
  return can_prove.host || can_prove.lane ? ExitCode.proven : ExitCode.skipped;
}

/** An empty list is no evidence of anything. */
function areMet(requirements: readonly Requirement[]): boolean {
  return requirements.length > 0 && requirements.every(({ met }) => met);
}

async function feelMechanisms(): Promise<readonly FeltMechanism[]> {
  try {
    const loads = await feelLoads();
    return mechanisms.map((mechanism) => {
      const reason = loads[mechanism];
      return reason === undefined ? { mechanism, loads: true } : { mechanism, loads: false, reason };
    });
  } catch (error) {
    if (!(error instanceof AegisError)) throw error;
    return mechanisms.map((mechanism) => ({ mechanism, loads: false, reason: messageOf(error) }));
  }
}
