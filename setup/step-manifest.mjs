import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';
import { typescriptKey } from './step-typescript.mjs';

/**
 * Writes oclif.manifest.json, with which `aegis --help` need not load every command.
 * @param {string} root
 * @returns {import('./steps.mjs').Step}
 */
export function manifestStep(root) {
  const stamp = new Stamp(join(root, 'dist', '.aegis-setup-manifest'));
  const key = () => fingerprint(root, ['package.json'], [typescriptKey(root)]);
  return {
    title: 'command manifest',
    isDone: async () => stamp.matches(key()) && existsSync(join(root, 'oclif.manifest.json')),
    run: async () => {
      stamp.remove();
      const script = fileURLToPath(new URL('write-manifest.mjs', import.meta.url));
      await mustRun('write the command manifest', 'Mend the command named above.', process.execPath, [
        script,
        root,
      ]);
      stamp.write(key());
    },
  };
}
