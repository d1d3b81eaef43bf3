import { COULD_NOT } from './error.mjs';
import { runTool } from './run-tool.mjs';
import { emptyTally } from './tally.mjs';

/** doctest's last lines: `[doctest] test cases:  12 |  12 passed | 0 failed | 0 skipped`. */
const SUMMARY = /^\[doctest\] test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/;

/**
 * Runs the native unit tests through the Makefile and counts their test cases. An interrupted run is a failed one.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runNativeTests(root, say) {
  const tally = emptyTally();
  const startedAt = Date.now();
  const args = ['--no-print-directory', '-C', 'native', '--keep-going', 'test'];
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
