import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/**
 * The npm packages, exactly as locked. The stamp stands in node_modules, so that it goes when that goes.
 * @param {string} root
 * @returns {import('./steps.mjs').Step}
 */
export function npmStep(root) {
  const folder = join(root, 'node_modules');
  const stamp = new Stamp(join(folder, '.aegis-setup'));
  const key = () => fingerprint(root, ['package-lock.json'], [process.platform, process.arch]);
  return {
    title: 'npm packages',
    isDone: async () => existsSync(join(folder, '.package-lock.json')) && stamp.matches(key()),
    run: async (progress) => {
      stamp.remove();
      // No package here has an install script that is needed. Saying so keeps every npm from running or asking about
      // one: up to 10 runs them all, 11 warns of them, 12 blocks them.
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
      const wayOut = "Check the network and npm's registry, proxy and cafile settings, then run this again.";
      await mustRun('install the npm packages', wayOut, 'npm', args, {
        cwd: root,
        onLine: (line) => progress.note(line),
      });
      stamp.write(key());
    },
  };
}
