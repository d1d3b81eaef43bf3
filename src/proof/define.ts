import type { Proof } from './kit.js';

/** Declares a proof. A proof without a scenario, or with two of one name, is a mistake in the file itself. */
export function defineProof(proof: Proof): Proof {
  const names = proof.scenarios.map((scenario) => scenario.name);
  if (names.length === 0) throw new Error(`the proof ${proof.name} has no scenario`);
  if (new Set(names).size !== names.length) throw new Error(`the proof ${proof.name} names a scenario twice`);
  return proof;
}
