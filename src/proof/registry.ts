import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest, distance } from 'fastest-levenshtein';
import { AegisError } from '../errors.js';
import { codeRoot } from '../paths.js';
import type { Proof, Scenario } from './kit.js';

const folder = join(codeRoot, 'proofs');

/** The names of all proofs, one file each in `proofs/`. Throws `BUILD_MISSING` before the first build. */
export async function proofNames(): Promise<readonly string[]> {
  try {
    const files = await readdir(folder);
    return files
      .filter((file) => file.endsWith('.js'))
      .map((file) => file.slice(0, -'.js'.length))
      .sort();
  } catch (cause) {
    throw new AegisError('BUILD_MISSING', `cannot list the proofs: ${folder} is not there`, {
      cause,
      wayOut: 'Run `npm run build`.',
    });
  }
}

async function loadProof(name: string): Promise<Proof> {
  const module = (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as { default: Proof };
  if (module.default.name !== name)
    throw new AegisError(
      'BUILD_MISSING',
      `cannot use the proof ${name}: it calls itself ${module.default.name}`,
    );
  return module.default;
}

/** A proof and those of its scenarios that were asked for. */
export interface Selected {
  readonly proof: Proof;
  readonly scenarios: readonly Scenario[];
}

/**
 * Loads what was asked for: `PROOF` for all its scenarios, `PROOF/SCENARIO` for one, nothing for every proof. An
 * unknown name throws `UNKNOWN_PROOF` with the nearest known one.
 */
export async function selectProofs(asked: readonly string[]): Promise<readonly Selected[]> {
  const known = await proofNames();
  const wanted = new Map<string, Set<string> | 'all'>();
  for (const item of asked.length > 0 ? asked : known) {
    const [name = '', scenario] = item.split('/', 2);
    if (!known.includes(name)) throw unknown('proof', name, known);
    const sofar = wanted.get(name);
    if (scenario === undefined || sofar === 'all') wanted.set(name, 'all');
    else wanted.set(name, (sofar ?? new Set<string>()).add(scenario));
  }
  return await Promise.all(
    [...wanted].map(async ([name, names]) => {
      const proof = await loadProof(name);
      if (names === 'all') return { proof, scenarios: proof.scenarios };
      const there = proof.scenarios.map((scenario) => scenario.name);
      for (const one of names) if (!there.includes(one)) throw unknown(`scenario of ${name}`, one, there);
      return { proof, scenarios: proof.scenarios.filter((scenario) => names.has(scenario.name)) };
    }),
  );
}

/** The error for a name that is not among the known ones, with the nearest of them when one is near. */
function unknown(what: string, name: string, known: readonly string[]): AegisError {
  const near = closest(name, [...known]);
  const isNear = near !== undefined && distance(near, name) <= Math.max(2, Math.floor(name.length / 2));
  return new AegisError('UNKNOWN_PROOF', `cannot find the ${what} "${name}"`, {
    wayOut: `${isNear ? `Did you mean ${near}? ` : ''}Known: ${known.join(', ')}.`,
  });
}
