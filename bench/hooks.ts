import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { packageRoot } from '../src/paths.js';
import type { Benchmark } from './main.js';
import { median } from './measure.js';

/** Milliseconds that a command may pay for the lifecycle when no hooks are configured. */
const promise = 5;
const rounds = 31;

/** What the hook lifecycle costs a command in a folder without hooks, the ledger included. */
const bench: Benchmark = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aegis-bench-hooks-'));
  const env = { AEGIS_LEDGER: join(folder, 'ledger.jsonl'), AEGIS_HOOKS: '' };
  // Each process tells what it took until its command was done: starting and ending the process are not counted.
  const measure = async (name: string) => {
    const program = join(packageRoot, 'lib', 'bench', 'shipped', `${name}.js`);
    const { stdout } = await execa(process.execPath, [program], { cwd: folder, env });
    const { wall_ms, cpu } = JSON.parse(stdout) as { wall_ms: number; cpu: NodeJS.CpuUsage };
    return { wall: wall_ms, cpu: (cpu.user + cpu.system) / 1000 };
  };
  const plain: { wall: number; cpu: number }[] = [];
  const invoked: typeof plain = [];
  for (let round = 0; round < rounds; round += 1) {
    plain.push(await measure('plain-command'));
    invoked.push(await measure('invoked-command'));
  }
  await rm(folder, { recursive: true });
  const middle = (runs: typeof plain, of: 'wall' | 'cpu') => median(runs.map((run) => run[of]));
  const tell = (of: 'wall' | 'cpu') => {
    const [bare, full] = [middle(plain, of), middle(invoked, of)];
    const verdict = full - bare < promise ? 'within' : 'OVER';
    return `${(full - bare).toFixed(1)} ms (${verdict} the promised ${promise} ms; ${bare.toFixed(1)} ms without, ${full.toFixed(1)} ms with)`;
  };
  return {
    name: `lifecycle without hooks (medians of ${rounds} processes each, in turn)`,
    rows: [
      { what: 'processor time it adds to a command', value: tell('cpu') },
      // On a busy machine this one drowns in the waiting for a processor.
      { what: 'elapsed time it adds to a command', value: tell('wall') },
    ],
  };
};
export default bench;
