import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { run } from '../../src/sandbox/run.js';

// Not of the lane, but as long and as greedy as what is: the parsers are built with the sanitizers and fuzzed for
// half a minute in all. AEGIS_FUZZ_SECONDS=600 makes it ten minutes.
t.setTimeout(880_000);
const seconds = Number(process.env['AEGIS_FUZZ_SECONDS'] ?? 30);
const native = join(packageRoot, 'native');
const make = async (...args: string[]) =>
  await run(['make', '--no-print-directory', '-s', '-C', native, ...args], { timeoutMs: 860_000 });

const compiler = await make('fuzz-compiler');
if (compiler.exitCode !== 0) {
  t.pass('the parsers are fuzzed', {
    skip: `no compiler here builds fuzz targets: ${compiler.stderr.trim().split('\n').pop() ?? ''}`,
  });
} else {
  const built = await make(`-j${availableParallelism()}`, 'fuzz-build');
  t.equal(built.exitCode, 0, 'the targets are built', { stderr: built.stderr.slice(-2000) });

  t.jobs = 2;
  for (const target of ['frame', 'policy'])
    t.test(`${target}: nothing crashes, hangs or breaks a promise`, { buffered: true }, async (t) => {
      // A corpus of its own, so that a run finds what it finds from the seeds alone.
      const found = await mkdtemp(join(tmpdir(), 'aegis-fuzz-'));
      t.teardown(() => rm(found, { recursive: true }));
      const seeds = join(packageRoot, 'test', 'native', 'fuzz', 'corpus', target);
      const { exitCode, stderr } = await run(
        [
          join(packageRoot, 'build', 'fuzz', target),
          `-max_total_time=${Math.ceil(seconds / 2)}`,
          '-max_len=8192',
          '-timeout=10',
          '-print_final_stats=1',
          `-artifact_prefix=${join(found, 'found-')}`,
          ...(target === 'policy' ? [`-dict=${join(packageRoot, 'test/native/fuzz/policy.dict')}`] : []),
          found,
          seeds,
        ],
        { timeoutMs: (seconds + 60) * 1000 },
      );
      t.equal(exitCode, 0, 'it ends well', { stderr: stderr.slice(-4000) });
      const [, units = '0'] = /stat::number_of_executed_units:\s*(\d+)/.exec(stderr) ?? [];
      t.ok(Number(units) > 1000, `${units} inputs were tried`);
      t.same(
        (await readdir(found)).filter((name) => name.startsWith('found-')),
        [],
        'nothing was found',
      );
    });
}
