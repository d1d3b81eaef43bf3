#!/usr/bin/env node
/**
 * Runs every test: the quick ones side by side, then the native unit tests, then those that boot virtual machines. The
 * last line is `N passed, N failed, N skipped`, counted in single test points.
 *
 * Usage: node setup/test.mjs [WORD...]   only test files whose path holds one of the words
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guestsAtATime } from '../dist/src/vm/many.js';
import { addTally, countTap, emptyTally } from './tally.mjs';
import { buildMutants, runNativeTests } from './test-native.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Tests that boot virtual machines say so in their name: one machine at a time, or several, which is enough alone. */
const LANE = /\.lane\.test\.js$/;
const LANES = /\.lanes\.test\.js$/;
/** Seconds a single test file may take. */
const QUICK_TIMEOUT = 240;
const LANE_TIMEOUT = 2400;

const words = process.argv.slice(2);
const files = findTests(join(root, 'dist', 'test')).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
const total = emptyTally();
let wasInterrupted = false;

const lane = files.filter((file) => LANE.test(file));
const lanes = files.filter((file) => LANES.test(file));
const quick = files.filter((file) => !lane.includes(file) && !lanes.includes(file));
// They wait for deadlines and children as much as they work.
addTally(total, await runTap(quick, 2 * availableParallelism(), QUICK_TIMEOUT));
if (words.length === 0) addTally(total, await runNativeTests(root, (line) => console.log(line)));
if (lane.length + lanes.length > 0) addTally(total, await buildMutants(root, (line) => console.log(line)));
addTally(total, await runTap(lane, guestsAtATime(), LANE_TIMEOUT));
addTally(total, await runTap(lanes, 1, LANE_TIMEOUT));

for (const failure of total.failures) console.log(`\nfailed: ${failure}`);
if (wasInterrupted) console.log('\ninterrupted: not every test was run');
if (total.passed + total.failed === 0) console.log('\nno test was run');
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 || wasInterrupted ? 1 : 0;

/** @returns {string[]} paths below root, sorted */
function findTests(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => relative(root, join(folder, name)))
    .sort();
}

/**
 * @param {string[]} paths
 * @param {number} jobs files side by side
 * @param {number} timeout seconds for each
 */
async function runTap(paths, jobs, timeout) {
  if (paths.length === 0 || wasInterrupted) return emptyTally();
  const runner = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs');
  const options = ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap'];
  const child = spawn(
    process.execPath,
    [runner, 'run', ...options, `--jobs=${jobs}`, `--timeout=${timeout}`, ...paths],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stop = (signal) => {
    wasInterrupted = true;
    child.kill(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const tally = await countTap(child.stdout, (file, { passed, failed, skipped }, time) => {
    const counts = `${passed} passed${failed ? `, ${failed} FAILED` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
    console.log(`${failed ? 'not ok' : 'ok'}  ${file}: ${counts} (${(time / 1000).toFixed(1)} s)`);
  });
  const code = await ended;
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code !== 0 && tally.failed === 0) {
    tally.failed += 1;
    tally.failures.push(`the test runner ended with exit code ${code}, although no point failed`);
  }
  return tally;
}
