import { availableParallelism } from 'node:os';
import { COULD_NOT } from './error.mjs';
import { runTool } from './run-tool.mjs';
import { emptyTally } from './tally.mjs';

/** doctest's last lines: `[doctest] test cases:  12 |  12 passed | 0 failed | 0 skipped`. */
const SUMMARY = /^\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/;

const inParallel = ['--no-print-directory', `-j${availableParallelism()}`, '--output-sync=target'];

/**
 * Builds the programs that are broken on purpose, for the tests that boot machines: at once, because several of those
 * that run side by side want them.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<import('./tally.mjs').Tally>} empty, or the one failure
 */
export async function buildMutants(root, say) {
  const tally = emptyTally();
  const startedAt = Date.now();
  const { code, tail } = await runTool('make', [...inParallel, '-s', '-C', 'native', 'mutants'], {
    cwd: root,
  }).catch((error) => ({ code: COULD_NOT, tail: error.message }));
  if (code !== 0) {
    tally.failed += 1;
    tally.failures.push(`cannot build the programs that are broken on purpose, exit code ${code}\n${tail}`);
  }
  say(`${code === 0 ? 'ok' : 'not ok'}  mutants: built (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  return tally;
}

/**
 * Runs the native unit tests through the Makefile and counts their test cases. An interrupted run is a failed one.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runNativeTests(root, say) {
  const tally = emptyTally();
  const startedAt = Date.now();
  const args = [...inParallel, '-C', 'native', '--keep-going', 'test'];
  const { code, output, tail } = await runTool('make', args, { cwd: root }).catch((error) => ({
    code: COULD_NOT,
    output: '',
    tail: error.message,
  }));
  for (const line of output.split('\n')) {
    const [, passed, failed, skipped] = SUMMARY.exec(line.replace(/\u001b\[[\d;]*m/g, '')) ?? [];
    if (passed === undefined) continue;
    tally.passed += Number(passed);
    tally.failed += Number(failed);
    tally.skipped += Number(skipped);
  }
  // A crash, a build error, or nothing that was run at all must not look like a pass.
  if ((code !== 0 && tally.failed === 0) || tally.passed + tally.failed === 0) tally.failed += 1;
  if (tally.failed > 0) tally.failures.push(`native unit tests, exit code ${code}\n${tail}`);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  say(
    `${tally.failed ? 'not ok' : 'ok'}  native: ${tally.passed} passed, ${tally.failed} failed (${seconds} s)`,
  );
  return tally;
}
