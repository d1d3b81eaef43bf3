import type { Selected } from './registry.js';

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
