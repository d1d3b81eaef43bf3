import { readKernelFacts } from '../witness/kernel.js';
import { startTicksOf } from '../witness/process.js';
import type { Attachment } from '../witness/bpf.js';
import type { Mechanism, PostureReport, RuntimeState } from '../posture/report.js';
import { Disproof, type Observation } from './kit.js';

/** What an agent must claim once it runs. */
export interface PostureClaim {
  readonly state: RuntimeState;
  readonly mechanism: Mechanism;
  readonly auditOnly: boolean;
  readonly enforceCapable: boolean;
  /** A blocker that must be named, and with none that none is. */
  readonly blocker?: string;
  readonly guarantee: string;
}

/** Compares fields one by one and disproves with every difference at once. */
export function demand(what: string, expected: Observation, observed: Observation): void {
  const wrong = Object.keys(expected).filter(
    (key) => JSON.stringify(expected[key]) !== JSON.stringify(observed[key]),
  );
  if (wrong.length === 0) return;
  const differences = wrong.map(
    (key) => `${key} is ${JSON.stringify(observed[key])}, expected ${JSON.stringify(expected[key])}`,
  );
  throw new Disproof(`${what}: ${differences.join('; ')}`, observed);
}

/** The report must be of this very process, build and boot, or it speaks of another. */
export async function demandFresh(
  report: PostureReport,
  running: { readonly pid: number; readonly agent_sha256: string; readonly instance: string },
): Promise<Observation> {
  const { bootId } = await readKernelFacts();
  const process_start_ticks = await startTicksOf(running.pid);
  const observed = {
    pid: report.pid,
    boot_id: report.boot_id,
    instance: report.instance,
    agent_sha256: report.agent_sha256,
    process_start_ticks: report.process_start_ticks,
  };
  demand(
    'the report is not of the running agent',
    { boot_id: bootId, process_start_ticks, ...running },
    observed,
  );
  return observed;
}

/**
 * Compares the report with what this posture has to claim; `seams` names the test seams in use, which the agent has to
 * own up to, all of them and no other.
 */
export function demandClaim(
  report: PostureReport,
  claim: PostureClaim,
  seams: readonly string[] = [],
): Observation {
  const observed = {
    runtime_state: report.runtime_state,
    audit_only: report.audit_only,
    enforce_capable: report.enforce_capable,
    enforce_blockers: report.enforce_blockers,
    mechanism: report.mechanism,
    guarantee: report.guarantee,
    seams: [...report.seams].sort(),
    blocker_named:
      claim.blocker === undefined
        ? report.enforce_blockers.length === 0
        : report.enforce_blockers.includes(claim.blocker),
  };
  demand(
    'the report claims another posture',
    {
      runtime_state: claim.state,
      audit_only: claim.auditOnly,
      enforce_capable: claim.enforceCapable,
      mechanism: claim.mechanism,
      guarantee: claim.guarantee,
      blocker_named: true,
      seams: [...seams].sort(),
    },
    observed,
  );
  return observed;
}

/** The kernel itself must show the mechanism the report names, and none that is stronger. */
export function demandAttached(attached: Attachment, mechanism: Exclude<Mechanism, 'none'>): Observation {
  const observed = { ...attached };
  if (attached[mechanism] === 0)
    throw new Disproof(`the report names ${mechanism}, yet the kernel shows nothing of the kind`, observed);
  return observed;
}
