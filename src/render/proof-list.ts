import type { Selected } from '../proof/registry.js';
import { colors } from '../ui.js';

/** The proofs with their claims and scenarios, for people. */
export function renderList(selected: readonly Selected[]): string {
  return selected
    .map(({ proof, scenarios }) =>
      [
        `${colors.bold(proof.name)}  ${proof.claim}`,
        ...scenarios.map(({ name, claim }) => `    ${proof.name}/${name}  ${colors.dim(claim)}`),
      ].join('\n'),
    )
    .join('\n');
}
