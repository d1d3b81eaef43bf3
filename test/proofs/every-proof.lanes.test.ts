import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { PointRecord } from '../../src/proof/kit.js';
import { splitByPlace } from '../../src/proof/place.js';
import { selectProofs } from '../../src/proof/registry.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import type { Selected } from '../../src/proof/registry.js';
import { aegis } from '../aegis.js';

// To keep the run short: every scenario once, nearly all on the newest kernel and the rest on the oldest, and the denials,
// without seams, there and on one between; 6.12 is what the tests beside this one try. A release asks for all of it:
// `aegis prove --vm --require`.
t.setTimeout(1_800_000);
const onOldest = ['file-lsm', 'acts-override', 'acts-fentry', 'acts-tracepoint'];
const denials = ['lsm-deny', 'signal-fallback/genuine-fentry', 'signal-fallback/genuine-tracepoint'];
/** A hundred restarts take minutes; those of the strongest rung are what every run affords. */
const tooLong = ['restarts-override', 'restarts-fentry', 'restarts-tracepoint'];
const plan: readonly {
  readonly kernel: string;
  readonly proofs: readonly string[];
  readonly without?: readonly string[];
}[] = [
  { kernel: '7.3', proofs: [], without: [...onOldest, ...tooLong] },
  { kernel: '5.10', proofs: [...onOldest.map((name) => `evasion/${name}`), ...denials] },
  { kernel: '6.1', proofs: denials },
];

/** Rows that a kernel cannot have: calls it lacks, and modules that its package has compressed or plain only. */
const notTriedOn: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['x32-open', 'io-uring-link', 'io-uring-linked', 'finit-module-compressed'],
  '7.3': ['x32-open', 'init-module', 'finit-module'],
};

for (const { kernel, proofs, without = [] } of plan) {
  // What asks nothing of the kernel has tests of its own.
  const { inLane } = splitByPlace(await selectProofs(proofs));
  const selected = inLane.map(({ proof, scenarios }) => ({
    proof,
    scenarios: scenarios.filter(({ name }) => !without.includes(name)),
  }));
  check(kernel, selected, await prove(kernel, selected));
}

async function prove(kernel: string, selected: readonly Selected[]): Promise<RunRecord> {
  const names = selected.flatMap(({ proof, scenarios }) =>
    scenarios.map(({ name }) => `${proof.name}/${name}`),
  );
  const path = join(t.testdir({}), 'record.json');
  const { exitCode, stderr } = await aegis(['prove', ...names, '--vm', kernel, '--record', path], {
    timeoutMs: 1_700_000,
  });
  t.equal(exitCode, 0, stderr.slice(-2000));
  const record = JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  t.equal(record.verdict, 'proven');
  return record;
}

function check(kernel: string, selected: readonly Selected[], record: RunRecord): void {
  const machines = record.machines.filter(({ where }) => where.startsWith(`${kernel} `));
  for (const { proof, scenarios } of selected)
    for (const { name } of scenarios) {
      const runs = machines.flatMap((machine) =>
        machine.scenarios.filter((run) => run.proof === proof.name && run.scenario === name),
      );
      // `t.match` would find proven in disproven.
      const told = runs.map(({ verdict, points }) => ({ verdict, failed: failedOf(points) }));
      t.same(told, [{ verdict: 'proven', failed: [] }], `${proof.name}/${name} on ${kernel}`);
      const [run] = runs;
      t.ok(
        run?.points.some((point) => point.name.startsWith('control: ')),
        `${proof.name}/${name} on ${kernel} has a control`,
      );
    }
  const hasRows = selected.some(({ proof }) => proof.name === 'evasion');
  const skipped = machines
    .flatMap((machine) => machine.scenarios.flatMap(({ points }) => points))
    .filter(({ verdict }) => verdict === 'skipped');
  t.same(
    [...new Set(skipped.map(({ name }) => name))].sort(),
    hasRows ? [...(notTriedOn[kernel] ?? [])].sort() : [],
    `what ${kernel} cannot try is known, and nothing else is left out`,
  );
  for (const machine of machines)
    t.ok(
      machine.kernel?.release.startsWith(kernel),
      `${machine.where} really ran ${machine.kernel?.release}`,
    );
}

/** What is wrong, by name, for whoever reads the failure. */
function failedOf(points: readonly PointRecord[]): readonly string[] {
  return points
    .filter(({ verdict }) => verdict !== 'proven' && verdict !== 'skipped')
    .map(({ name, reason }) => `${name}: ${reason ?? 'no reason told'}`);
}
