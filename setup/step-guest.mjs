import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { rootPrefix } from './become-root.mjs';
import { makeFolder } from './make-folder.mjs';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/**
 * The guest image and its kernels, by the product's own `aegis vm prepare`. Installing the image's packages takes root;
 * what comes out belongs to the user, and booting it takes none.
 * @param {string} root
 * @param {string[]} kernels none means all
 * @returns {import('./steps.mjs').Step}
 */
export function guestStep(root, kernels) {
  const cache = cacheHome();
  // Beside what it certifies: it goes when the cache goes.
  const stampOf = (names) => new Stamp(join(cache, 'aegis', 'vm', `.setup-${names}`));
  const stamp = stampOf(kernels.join('-') || 'all');
  const key = () => fingerprint(root, ['src/vm']);
  return {
    title: 'guest image and kernels',
    isDone: async () => [stamp, stampOf('all')].some((done) => done.matches(key())),
    run: async (progress) => {
      stamp.remove();
      makeFolder(dirname(stamp.file));
      const prepare = [process.execPath, join(root, 'bin', 'run.js'), 'vm', 'prepare', ...kernels];
      const prefix = rootPrefix({ XDG_CACHE_HOME: cache });
      const handOver = ['chown', '-R', '--no-dereference', owner(), join(cache, 'aegis')];
      // Without root all is well as long as somebody with root prepared it here before.
      const wayOut =
        prefix === undefined
          ? `Installing its packages takes root; as root, run: env XDG_CACHE_HOME=${cache} ${prepare.join(' ')} && ${handOver.join(' ')}`
          : 'Mend what is named above and run this again.';
      const run = (act, argv) =>
        mustRun(act, wayOut, argv[0], argv.slice(1), {
          cwd: root,
          onLine: (line) => progress.note(line),
          input: 'inherit',
        });
      try {
        await run('prepare the guest', [...(prefix ?? []), ...prepare]);
      } finally {
        if (prefix !== undefined && process.getuid() !== 0)
          await run('hand the guest over', [...prefix, ...handOver]);
      }
      stamp.write(key());
    },
  };
}

const owner = () => `${process.getuid()}:${process.getgid()}`;

/** As in src/vm: the XDG Base Directory Specification has relative values ignored. */
function cacheHome() {
  const xdg = process.env.XDG_CACHE_HOME;
  return xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
}
