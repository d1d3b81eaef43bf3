import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { Parser, type FinalResults, type Result } from 'tap-parser';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { run } from '../../src/sandbox/run.js';
import { lsmWithBpf, lsmWithoutBpf, runInGuest, runMany } from '../../src/vm/index.js';

// The shell scripts beside this file drive the agent by its contract alone and tell TAP; each of their points is one here.
t.setTimeout(1_500_000);

/** Built only here: BPF objects that are broken on purpose are no part of what is shipped. */
const mutants = await run(['make', '-C', join(packageRoot, 'native'), 'mutants'], { timeoutMs: 600_000 });
t.equal(mutants.exitCode, 0, 'the mutants are built');

interface Script {
  readonly kernel: string;
  readonly lsm: string;
  readonly name: string;
  readonly args: readonly string[];
  /** Further kernel parameters. */
  readonly append?: readonly string[];
}

/** The longest first, so that the last one does not run alone. */
const scripts: readonly Script[] = [
  { kernel: '6.12', lsm: lsmWithBpf, name: 'mutants', args: ['/root/mutants', '/root/agents'] },
  { kernel: '7.3', lsm: lsmWithBpf, name: 'classes', args: ['lsm'] },
  // On the other rungs those that the rows of `evasion` do not try.
  ...['fmod_ret', 'tracepoint'].map((rung) => ({
    kernel: '6.12',
    lsm: lsmWithBpf,
    name: 'classes',
    args: [rung, 'exec', 'bpf'],
  })),
  { kernel: '6.12', lsm: lsmWithoutBpf, name: 'posture', args: ['/root/mutants'] },
  { kernel: '6.12', lsm: lsmWithBpf, name: 'rules', args: [] },
  // The proofs climb the ladder on every kernel; this looks at what a proof does not.
  { kernel: '5.10', lsm: lsmWithBpf, name: 'ladder', args: ['lsm', 'fmod_ret', 'fentry', 'tracepoint'] },
  {
    kernel: '7.3',
    lsm: lsmWithBpf,
    name: 'classes',
    args: ['fentry', 'network'],
    append: ['lockdown=confidentiality'],
  },
  { kernel: '6.12', lsm: lsmWithBpf, name: 'served-authority', args: [] },
  {
    kernel: '5.10',
    lsm: lsmWithBpf,
    name: 'confidential',
    args: [],
    append: ['lockdown=confidentiality'],
  },
];

/** The scripts, and of what is broken on purpose only what the run asks for: a boot copies each file. */
const copies = [...new Set(scripts.map(({ name }) => `${name}.guest.sh`)), 'points.sh'].map((name) => ({
  from: join(packageRoot, 'test', 'bpf', name),
  to: `/root/${name}`,
}));

async function filesIn(folder: string, to: string): Promise<{ from: string; to: string }[]> {
  const names = await readdir(join(packageRoot, folder));
  return names.map((name) => ({ from: join(packageRoot, folder, name), to: `${to}/${name}` }));
}

async function inGuest({
  kernel,
  lsm,
  name,
  args,
  append,
}: Script): Promise<{ exitCode: number; output: string }> {
  let output = '';
  const collect = (chunk: Buffer) => void (output += chunk.toString());
  const script = `${name}.guest.sh`;
  const { exitCode } = await runInGuest(
    {
      kernel,
      lsm,
      argv: ['bash', `/root/${script}`, ...args],
      ...(append ? { append } : {}),
      copies: [
        ...copies,
        ...(args.includes('/root/mutants') ? await filesIn('build/bpf/mutants', '/root/mutants') : []),
        ...(args.includes('/root/agents') ? await filesIn('build/bin/mutants', '/root/agents') : []),
      ],
      timeoutMs: 600_000,
    },
    {
      signal: new AbortController().signal,
      onStdout: collect,
      onStderr: collect,
      onProgress: () => undefined,
    },
  );
  return { exitCode, output };
}

/** The points of a TAP stream, and whether it kept its own plan. */
async function points(output: string): Promise<{ results: readonly Result[]; isWhole: boolean }> {
  const parser = new Parser();
  const results: Result[] = [];
  parser.on('assert', (result: Result) => results.push(result));
  const whole = new Promise<boolean>((resolve) =>
    parser.on('complete', ({ plan }: FinalResults) => resolve(plan.end === results.length)),
  );
  Readable.from([output]).pipe(parser);
  return { isWhole: await whole, results };
}

const ended = await runMany(scripts.map((script) => async () => ({ script, ...(await inGuest(script)) })));
for (const { script, exitCode, output } of ended) {
  const where = `${script.name} on ${script.kernel} (lsm=${script.lsm})`;
  const { results, isWhole } = await points(output);
  t.ok(isWhole && results.length > 0, `${where}: the script ran to its end`);
  for (const { ok, name } of results) t.ok(ok, `${where}: ${name}`);
  t.equal(exitCode, 0, `${where}: exit code`, { output });
}
