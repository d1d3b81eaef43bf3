import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';
import { typescriptKey } from './step-typescript.mjs';

const bundleKey = (root) => fingerprint(root, ['setup/write-bundle.mjs'], [typescriptKey(root)]);

/**
 * Bundles the command line and the proofs to lib/: a dozen files instead of six hundred. Starting Node is most of what
 * a short command costs, many times so in a guest under emulation.
 * @param {string} root
 * @returns {import('./steps.mjs').Step}
 */
export function bundleStep(root) {
  const stamp = new Stamp(join(root, 'dist', '.aegis-setup-bundle'));
  return {
    title: 'bundle',
    isDone: async () => stamp.matches(bundleKey(root)) && existsSync(join(root, 'lib', 'src', 'main.js')),
    run: async () => {
      stamp.remove();
      // Before the build, so that an edit during the build is built the next time.
      const key = bundleKey(root);
      const script = fileURLToPath(new URL('write-bundle.mjs', import.meta.url));
      await mustRun('bundle the command line', 'Mend the errors above.', process.execPath, [script, root]);
      stamp.write(key);
    },
  };
}
