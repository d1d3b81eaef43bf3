import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import type { ProofEvent, ScenarioRecord } from '../../src/proof/kit.js';
import { run } from '../../src/sandbox/run.js';
import { runInGuest } from '../../src/vm/index.js';

// The proofs are proven: each liar, and each broken BPF object, has to be caught, at the point that names the lie.
t.setTimeout(900_000);

const folder = join(packageRoot, 'test', 'proof', 'liars');
const liars = readdirSync(folder).filter((file) => /\.(sh|mjs)$/.test(file));

/** Where the first false point has to be, for the synchronous and for the signal experiment. */
const caughtAt: Record<string, RegExp> = {
  sleep: /^the policy is applied$/,
  'dies-at-once.sh': /^the agent becomes ready$/,
  'never-ready.sh': /^the agent becomes ready$/,
  'malformed-report.sh': /^the report is of this agent/,
  'stale-report.mjs': /^the report is of this agent/,
  'lying-report.mjs': /^(the kernel shows|act: reading the secret)/,
  'forgets-the-policy.sh': /^act: reading the secret/,
  'tires-after-one.sh': /^(act: |after: the same agent)/,
  'strikes-bystanders.sh': /^(the report claims|bystander: outside the scope)/,
  'denies-everything.sh': /^bystander: inside the scope/,
  'no-signal.bpf.o': /^(the agent becomes ready|the report claims ENFORCE_SIGNAL|act: reading the secret)/,
  'no-scope.bpf.o': /^bystander: outside the scope/,
};
/** Who is caught before it matters which rung it is, by the signal experiment alone. */
const caughtEarly = ['dies-at-once.sh', 'never-ready.sh', 'malformed-report.sh', 'stale-report.mjs'];
/** Mutants that leave a scenario's own mechanism intact, so that it must still hold. */
const harmless: Record<string, readonly string[]> = { 'no-signal.bpf.o': ['enforce'] };

function parse(output: string): Map<string, { exit: number; scenarios: ScenarioRecord[] }> {
  const runs = new Map<string, { exit: number; scenarios: ScenarioRecord[] }>();
  let run: { exit: number; scenarios: ScenarioRecord[] } | undefined;
  for (const line of output.split('\n')) {
    const [, exit] = /^=== exit (\d+)$/.exec(line) ?? [];
    const [, name] = /^=== (?!exit )(.+)$/.exec(line) ?? [];
    if (exit !== undefined && run) run.exit = Number(exit);
    else if (name) runs.set(name, (run = { exit: -1, scenarios: [] }));
    else if (run && line.startsWith('{')) {
      const event = JSON.parse(line) as ProofEvent;
      if (event.event === 'scenario-ended') run.scenarios.push(event.record);
    }
  }
  return runs;
}

const built = await run(['make', '-s', '-C', join(packageRoot, 'native'), 'mutants'], { timeoutMs: 120_000 });
if (built.exitCode !== 0) t.bailout(`cannot build the broken BPF objects: ${built.stderr}`);

let output = '';
let noise = '';
await runInGuest(
  {
    kernel: '6.12',
    argv: ['bash', '/root/liars/each.sh', 'lsm-deny/enforce', 'signal-fallback/seam-tracepoint'],
    copies: liars.map((file) => ({ from: join(folder, file), to: `/root/liars/${file}` })),
    timeoutMs: 800_000,
  },
  {
    signal: new AbortController().signal,
    onStdout: (chunk) => void (output += chunk.toString()),
    onStderr: (chunk) => void (noise += chunk.toString()),
    onProgress: () => undefined,
  },
);
const runs = parse(output);
t.ok(liars.length > 1);
for (const file of ['sleep', ...liars.filter((name) => name !== 'each.sh')])
  t.ok(caughtAt[file], `it is said where ${file} has to be caught`);

// It stops all that is not forbidden: not even the probe starts, and then nothing can be said.
t.equal(runs.get('deny-inverted.bpf.o')?.exit, 99, 'an inverted decision is never taken for a denial');

for (const [liar, where] of Object.entries(caughtAt)) {
  const told = runs.get(liar);
  if (!told) {
    t.fail(`${liar} was not run: ${noise.slice(-1000)}`);
    continue;
  }
  t.equal(told.exit, 1, `${liar} is disproven`);
  t.equal(told.scenarios.length, caughtEarly.includes(liar) ? 1 : 2, `${liar} went through its experiments`);
  for (const { scenario, points, verdict } of told.scenarios) {
    if (harmless[liar]?.includes(scenario)) {
      t.equal(verdict, 'proven', `${liar} leaves ${scenario} alone`);
      continue;
    }
    const failed = points.find((point) => point.verdict !== 'proven');
    t.equal(failed?.verdict, 'disproven', `${liar} in ${scenario}: ${failed?.reason}`);
    t.match(failed?.name, where, `${liar} in ${scenario}`);
  }
}
