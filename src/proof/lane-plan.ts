import { lsmWithBpf, lsmWithoutBpf } from '../vm/index.js';
import type { Scenario } from './kit.js';
import type { Selected } from './registry.js';

/** One boot of the lane and what is run in it. */
export interface PlannedBoot {
  readonly kernel: string;
  /** The kernel's `lsm=` list. */
  readonly lsm: string;
  /** Further kernel parameters. */
  readonly append?: readonly string[];
  /** `PROOF/SCENARIO` names. */
  readonly names: readonly string[];
}

/**
 * Which boots the selected scenarios need on each kernel: one for each boot posture, shared by all scenarios that ask
 * for it; a scenario that does not care joins the first. An `lsm` list given by the user is the only posture.
 */
export function planBoots(
  selected: readonly Selected[],
  kernels: readonly string[],
  lsm?: string,
): readonly PlannedBoot[] {
  const groups = new Map<string, { posture: Pick<PlannedBoot, 'lsm' | 'append'>; names: string[] }>();
  const indifferent: string[] = [];
  for (const { proof, scenarios } of selected)
    for (const scenario of scenarios) {
      const name = `${proof.name}/${scenario.name}`;
      const posture = postureOf(scenario, lsm);
      if (!posture) {
        indifferent.push(name);
        continue;
      }
      const key = JSON.stringify(posture);
      const group = groups.get(key) ?? { posture, names: [] };
      group.names.push(name);
      groups.set(key, group);
    }
  if (indifferent.length > 0) {
    const [first] = groups.values();
    if (first) first.names.push(...indifferent);
    else groups.set('', { posture: { lsm: lsmWithBpf }, names: indifferent });
  }
  return kernels.flatMap((kernel) =>
    [...groups.values()].map(({ posture, names }) => ({ kernel, ...posture, names })),
  );
}

/** The boot a scenario asks for; undefined when any will do. */
function postureOf({ boot }: Scenario, lsm?: string): Pick<PlannedBoot, 'lsm' | 'append'> | undefined {
  const list = lsm ?? (boot && (boot.bpfLsm ? lsmWithBpf : lsmWithoutBpf));
  if (list === undefined) return undefined;
  return boot?.lockdown ? { lsm: list, append: [`lockdown=${boot.lockdown}`] } : { lsm: list };
}
