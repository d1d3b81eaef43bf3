import { homedir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/**
 * The guest image and its kernels, by the product's own `aegis vm prepare`.
 * @param {string} root
 * @param {string[]} kernels none means all
 * @returns {import('./steps.mjs').Step}
 */
export function guestStep(root, kernels) {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'aegis');
  const stamp = new Stamp(join(cache, `.setup-${kernels.join('-') || 'all'}`));
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
