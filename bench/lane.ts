import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { $ } from 'zx';
import { packageRoot } from '../src/paths.js';
import type { RunRecord } from '../src/proof/run-record.js';
import { kernelNames } from '../src/vm/index.js';
import type { Benchmark } from './main.js';
import { median } from './measure.js';

const aegis = join(packageRoot, 'bin', 'run.js');

/** How long the lane takes to boot, and to prove one thing on every kernel, with everything cached. */
const bench: Benchmark = async () => {
  const boots: number[] = [];
  const started = performance.now();
  for (const kernel of kernelNames) {
    const { stdout } = await $`${process.execPath} ${aegis} prove lsm-deny --vm ${kernel} --json`.quiet();
    for (const { lane } of (JSON.parse(stdout) as RunRecord).machines) if (lane) boots.push(lane.boot_ms);
  }
  const inTurn = (performance.now() - started) / 1000;
  const together = performance.now();
  await $`${process.execPath} ${aegis} prove lsm-deny --vm --json`.quiet();
  const atOnce = (performance.now() - together) / 1000;
  return {
    name: `embedded lane (${kernelNames.length} kernels)`,
    rows: [
      { what: 'power-on to a running unit, median', value: `${(median(boots) / 1000).toFixed(1)} s` },
      { what: 'one proof on each kernel, one after another', value: `${inTurn.toFixed(0)} s` },
      {
        what: 'the same in one call, as many at a time as the machine takes',
        value: `${atOnce.toFixed(0)} s (${(atOnce / inTurn).toFixed(2)} of that)`,
      },
    ],
  };
};
export default bench;
