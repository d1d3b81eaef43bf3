import { lsmWithBpf, lsmWithoutBpf } from '../vm/index.js';
import type { Selected } from './registry.js';

/** One boot of the lane and what is run in it. */
export interface PlannedBoot {
  readonly kernel: string;
  /** The kernel's `lsm=` list. */
  readonly lsm: string;
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
  const groups = new Map<string, string[]>();
  const indifferent: string[] = [];
  for (const { proof, scenarios } of selected)
    for (const scenario of scenarios) {
      const name = `${proof.name}/${scenario.name}`;
      if (!scenario.boot && lsm === undefined) {
        indifferent.push(name);
        continue;
      }
      const list = lsm ?? (scenario.boot?.bpfLsm ? lsmWithBpf : lsmWithoutBpf);
      groups.set(list, [...(groups.get(list) ?? []), name]);
    }
  if (indifferent.length > 0) {
    const first = [...groups.keys()][0] ?? lsmWithBpf;
    groups.set(first, [...(groups.get(first) ?? []), ...indifferent]);
  }
  return kernels.flatMap((kernel) => [...groups].map(([list, names]) => ({ kernel, lsm: list, names })));
}

/** Parts the selected scenarios into those for the machine at hand and those for the lane's guests. */
export function splitByPlace(selected: readonly Selected[]): {
  readonly here: readonly Selected[];
  readonly inLane: readonly Selected[];
} {
  const those = (anywhere: boolean) =>
    selected
      .map(({ proof, scenarios }) => ({
        proof,
        scenarios: scenarios.filter((scenario) => (scenario.anywhere ?? false) === anywhere),
      }))
      .filter(({ scenarios }) => scenarios.length > 0);
  return { here: those(true), inLane: those(false) };
}

/** What runs without `--vm`: all that was selected but the parts that `--vm` would add, unless named themselves. */
export function withoutAddedByVm(
  selected: readonly Selected[],
  names: readonly string[],
): readonly Selected[] {
  return selected
    .map(({ proof, scenarios }) => ({
      proof,
      scenarios: scenarios.filter(
        (scenario) => !scenario.addedByVm || names.includes(`${proof.name}/${scenario.name}`),
      ),
    }))
    .filter(({ scenarios }) => scenarios.length > 0);
}
