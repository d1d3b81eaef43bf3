import { readKernelFacts } from '../witness/kernel.js';
import type { ProofEvent, ScenarioRecord } from './kit.js';
import type { Selected } from './registry.js';
import { runScenario } from './run.js';
import type { MachineRecord } from './run-record.js';

export interface ProveOptions {
  readonly signal: AbortSignal;
  readonly stepTimeoutMs: number;
  readonly keep: boolean;
  /** Called as things happen; `where` names the machine. */
  onEvent(where: string, event: ProofEvent): void;
}

/** Runs the selected scenarios on the machine at hand, one after another. */
export async function proveOnHost(
  selected: readonly Selected[],
  options: ProveOptions,
): Promise<MachineRecord> {
  const where = 'host';
  const scenarios: ScenarioRecord[] = [];
  for (const { proof, scenarios: chosen } of selected)
    for (const scenario of chosen) {
      if (options.signal.aborted) break;
      scenarios.push(
        await runScenario(proof, scenario, { ...options, onEvent: (event) => options.onEvent(where, event) }),
      );
    }
  return { where, kernel: await readKernelFacts(), scenarios };
}
