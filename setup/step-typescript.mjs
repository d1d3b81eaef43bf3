import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/** The folders that tsconfig.json includes. */
const ROOMS = ['src', 'proofs', 'test', 'bench'];

/** What one source file becomes. */
const EMITTED = ['.js', '.js.map', '.d.ts'];

/** @param {string} root */
export const typescriptKey = (root) => fingerprint(root, [...ROOMS, 'tsconfig.json', 'package-lock.json']);

/**
 * Compiles TypeScript to dist/.
 * @param {string} root
 * @returns {import('./steps.mjs').Step}
 */
export function typescriptStep(root) {
  const dist = join(root, 'dist');
  const stamp = new Stamp(join(dist, '.aegis-setup'));
  return {
    title: 'TypeScript',
    isDone: async () => stamp.matches(typescriptKey(root)) && isComplete(root, dist),
    run: async (progress) => {
      stamp.remove();
      // The compiler takes files it emitted before for granted; where some are gone it has to forget that.
      if (!isComplete(root, dist)) rmSync(join(dist, '.tsbuildinfo'), { force: true });
      // Before the build, so that an edit during the build is built the next time.
      const key = typescriptKey(root);
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      await mustRun(
        'compile TypeScript',
        'Mend the errors above.',
        process.execPath,
        [compiler, '-p', root],
        {
          cwd: root,
          onLine: (line) => progress.note(line),
        },
      );
      removeOrphans(root, dist);
      stamp.write(key);
    },
  };
}

function isComplete(root, dist) {
  return sources(root).every((stem) => existsSync(join(dist, `${stem}.js`)));
}

/** Output of sources that are gone: a renamed test would run twice, a removed command would stay. */
function removeOrphans(root, dist) {
  const kept = new Set(sources(root).flatMap((stem) => EMITTED.map((ending) => `${stem}${ending}`)));
  for (const room of ROOMS)
    for (const file of filesBelow(join(dist, room)))
      if (!kept.has(relative(dist, file))) rmSync(file, { force: true });
}

/** @returns {string[]} paths below root of all sources, without `.ts` */
function sources(root) {
  return ROOMS.flatMap((room) => filesBelow(join(root, room)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => relative(root, file).slice(0, -'.ts'.length));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
