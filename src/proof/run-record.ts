import { exitCodeOf, combine, type Verdict } from '../posture/verdict.js';
import type { KernelFacts } from '../witness/kernel.js';
import type { Cell } from './governance/cells.js';
import type { ScenarioRecord } from './kit.js';

/** What the embedded lane recorded of a machine it booted. */
export interface LaneFacts {
  readonly kernel_digest: string;
  readonly image_digest: string;
  readonly accel: 'kvm' | 'tcg';
  readonly qemu_version: string;
  readonly boot_ms: number;
  readonly total_ms: number;
}

/** One machine and everything that was run on it. */
export interface MachineRecord {
  /** `host`, or the kernel and boot posture in the lane. */
  readonly where: string;
  readonly kernel?: KernelFacts;
  readonly lane?: LaneFacts;
  readonly scenarios: readonly ScenarioRecord[];
  /** Why the machine could not be had, or was lost. */
  readonly error?: { readonly reason: string; readonly way_out?: string };
}

/** The JSON record of one call of `aegis prove`. */
export interface RunRecord {
  readonly schema_version: 1;
  readonly aegis_version: string;
  readonly verdict: Verdict;
  readonly exit_code: number;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly machines: readonly MachineRecord[];
  /** Posture × fault, when the fail-closed proof was run. */
  readonly matrix?: readonly Cell[];
}

/** The verdict of one machine: a lost one could not be checked, whatever it said before. */
export function verdictOf(machine: MachineRecord): Verdict {
  const verdicts = machine.scenarios.map((scenario) => scenario.verdict);
  return combine(machine.error ? [...verdicts, 'could-not-check'] : verdicts);
}

/** Closes a run: the verdict of all its machines and the exit code it stands for. */
export function closeRun(
  machines: readonly MachineRecord[],
  startedAt: Date,
  options: { readonly version: string; readonly requireAll: boolean },
): RunRecord {
  const verdict = combine(machines.map(verdictOf));
  return {
    schema_version: 1,
    aegis_version: options.version,
    verdict,
    exit_code: exitCodeOf(verdict, options.requireAll),
    started_at: startedAt.toISOString(),
    duration_ms: Date.now() - startedAt.getTime(),
    machines,
  };
}
