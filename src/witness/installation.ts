import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../paths.js';
import type { Requirement } from '../posture/requirement.js';

/** The oldest Node that package.json admits. */
const oldestNode = 20;

/** What the build has to have made, and whether it must be executable. */
const outputs: readonly (readonly [name: string, path: string, mode: number])[] = [
  ['agent', 'build/bin/aegis-agent', constants.X_OK],
  ['guest channel', 'build/bin/aegis-guest', constants.X_OK],
  ['probe', 'build/bin/aegis-probe', constants.X_OK],
  ['evasion catalogue', 'build/bin/aegis-evade', constants.X_OK],
  ['denied program', 'build/bin/aegis-ran', constants.X_OK],
  ['witness', 'build/bin/aegis-witness', constants.X_OK],
  ['load feeler', 'build/bin/aegis-feel', constants.X_OK],
  ['BPF object', 'build/bpf/aegis.bpf.o', constants.R_OK],
];

/**
 * What every proof needs of this installation, wherever it runs.
 * @param root the package's folder
 * @param node the version of the Node at work
 */
export async function installationRequirements(
  root: string = packageRoot,
  node: string = process.versions.node,
): Promise<readonly Requirement[]> {
  return [
    nodeRequirement(node),
    ...(await Promise.all(
      outputs.map(([name, path, mode]) => outputRequirement(name, join(root, path), mode)),
    )),
  ];
}

function nodeRequirement(version: string): Requirement {
  const name = 'Node';
  if (Number.parseInt(version, 10) >= oldestNode) return { name, met: true };
  const reason = `this is Node ${version}, and ${oldestNode} is the oldest that works`;
  return { name, met: false, reason, wayOut: 'Install a newer Node.' };
}

async function outputRequirement(name: string, path: string, mode: number): Promise<Requirement> {
  return await access(path, mode).then(
    () => ({ name, met: true }),
    () => ({ name, met: false, reason: `${path} is not there`, wayOut: 'Run `npm run setup`.' }),
  );
}
