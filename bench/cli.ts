import { join } from 'node:path';
import { execa } from 'execa';
import { packageRoot } from '../src/paths.js';
import type { Benchmark } from './main.js';
import { median, timeInTurn } from './measure.js';

/** How long a user waits for the command line itself, beside a bare start of Node. */
const bench: Benchmark = async () => {
  const aegis = join(packageRoot, 'bin', 'run.js');
  const node = (...args: string[]) => execa(process.execPath, args);
  const [help = [], list = [], bare = []] = await timeInTurn(11, [
    () => node(aegis, '--help'),
    () => node(aegis, 'prove', '--list'),
    () => node('--eval', '0'),
  ]);
  const row = (what: string, times: readonly number[]) => ({
    what,
    value: `${median(times).toFixed(0)} ms (${(median(times) / median(bare)).toFixed(1)} times a bare Node start)`,
  });
  return {
    name: 'command line (median of 11, in turn)',
    rows: [
      row('aegis --help', help),
      row('aegis prove --list', list),
      { what: 'node --eval 0', value: `${median(bare).toFixed(0)} ms` },
    ],
  };
};
export default bench;
