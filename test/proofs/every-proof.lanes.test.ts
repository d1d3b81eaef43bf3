import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { PointRecord } from '../../src/proof/kit.js';
import { splitByPlace } from '../../src/proof/place.js';
import { selectProofs } from '../../src/proof/registry.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import type { Selected } from '../../src/proof/registry.js';
import { aegis } from '../aegis.js';

// To keep the run short: every scenario of every proof on the newest kernel, the classes in turn on the rungs of the
// oldest, and the denials, without seams, on what lies between; the tests beside this one try 6.12 in their own ways. A
// release asks for all of it: `aegis prove --vm --require`.
t.setTimeout(1_800_000);
const denials = ['lsm-deny', 'signal-fallback/genuine-fentry', 'signal-fallback/genuine-tracepoint'];
const plan: readonly (readonly [kernels: readonly string[], proofs: readonly string[]])[] = [
  [['7.3'], []],
  [['5.10'], ['evasion/file-lsm', 'evasion/acts-override', 'evasion/file-fentry', ...denials]],
  [['6.1', '6.18'], denials],
];
/** A hundred restarts take minutes; those of the strongest rung are what every run affords. */
const leftOut = ['restarts-override', 'restarts-fentry', 'restarts-tracepoint'];

/** Rows that a kernel cannot have: calls it lacks, and modules that its package has compressed or plain only. */
const notTriedOn: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['x32-open', 'io-uring-link', 'io-uring-linked', 'finit-module-compressed'],
  '6.1': ['x32-open', 'finit-module-compressed'],
  '6.18': ['x32-open', 'init-module', 'finit-module'],
  '7.3': ['x32-open', 'init-module', 'finit-module'],
};

for (const [kernels, proofs] of plan) {
  // What asks nothing of the kernel has tests of its own.
  const { inLane } = splitByPlace(await selectProofs(proofs));
  const selected = inLane.map(({ proof, scenarios }) => ({
    proof,
    scenarios: scenarios.filter(({ name }) => !leftOut.includes(name)),
  }));
  const record = await prove(kernels, selected);
  for (const kernel of kernels) check(kernel, selected, record);
}

async function prove(kernels: readonly string[], selected: readonly Selected[]): Promise<RunRecord> {
  const names = selected.flatMap(({ proof, scenarios }) =>
    scenarios.map(({ name }) => `${proof.name}/${name}`),
  );
  const path = join(t.testdir({}), 'record.json');
  const { exitCode, stderr } = await aegis(['prove', ...names, '--vm', ...kernels, '--record', path], {
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
