import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/**
 * The guest image and its kernels, by the product's own `aegis vm prepare`.
 * @param {string} root
 * @param {string[]} kernels none means all
 * @returns {import('./steps.mjs').Step}
 */
export function guestStep(root, kernels) {
  // Beside what it certifies: it goes when the cache goes.
  const stamp = new Stamp(join(cacheRoot(), `.setup-${kernels.join('-') || 'all'}`));
  const key = () => fingerprint(root, ['src/vm']);
  return {
    title: 'guest image and kernels',
    isDone: async () => stamp.matches(key()),
    run: async (progress) => {
      stamp.remove();
      const args = [join(root, 'bin', 'run.js'), 'vm', 'prepare', ...kernels];
      await mustRun(
        'prepare the guest',
        'Mend what is named above and run this again.',
        process.execPath,
        args,
        {
          cwd: root,
          onLine: (line) => progress.note(line),
        },
      );
      stamp.write(key());
    },
  };
}

/** As in src/vm: the XDG Base Directory Specification has relative values ignored. */
function cacheRoot() {
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'aegis', 'vm');
}
