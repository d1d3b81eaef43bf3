import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { splitByPlace } from '../../src/proof/place.js';
import { selectProofs } from '../../src/proof/registry.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import { kernelNames } from '../../src/vm/index.js';
import { aegis } from '../aegis.js';

// The release's own question: does every scenario of every proof hold on every kernel?
t.setTimeout(900_000);

// What asks nothing of the kernel has tests of its own.
const { inLane } = splitByPlace(await selectProofs([]));
const names = inLane.flatMap(({ proof, scenarios }) => scenarios.map(({ name }) => `${proof.name}/${name}`));
const recordPath = join(t.testdir({}), 'record.json');
const { exitCode, stderr } = await aegis(['prove', ...names, '--vm', '--record', recordPath], {
  timeoutMs: 880_000,
});
t.equal(exitCode, 0, stderr.slice(-2000));
const record = JSON.parse(readFileSync(recordPath, 'utf8')) as RunRecord;
t.equal(record.verdict, 'proven');

/** Rows that a kernel cannot have: calls it lacks, and modules that its package has compressed or plain only. */
const notTriedOn: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['x32-open', 'io-uring-link', 'io-uring-linked', 'finit-module-compressed'],
  '6.1': ['x32-open', 'finit-module-compressed'],
  '6.12': ['x32-open', 'init-module', 'finit-module'],
  '6.18': ['x32-open', 'init-module', 'finit-module'],
  '7.3': ['x32-open', 'init-module', 'finit-module'],
};

for (const kernel of kernelNames) {
  const machines = record.machines.filter(({ where }) => where.startsWith(`${kernel} `));
  for (const { proof, scenarios } of inLane)
    for (const { name } of scenarios) {
      const runs = machines.flatMap((machine) =>
        machine.scenarios.filter((run) => run.proof === proof.name && run.scenario === name),
      );
      t.match(runs, [{ verdict: 'proven' }], `${proof.name}/${name} on ${kernel}`);
      const [run] = runs;
      t.ok(
        run?.points.some((point) => point.name.startsWith('control: ')),
        `${proof.name}/${name} on ${kernel} has a control`,
      );
    }
  const skipped = machines
    .flatMap((machine) => machine.scenarios.flatMap(({ points }) => points))
    .filter(({ verdict }) => verdict === 'skipped');
  t.same(
    [...new Set(skipped.map(({ name }) => name))].sort(),
    [...(notTriedOn[kernel] ?? [])].sort(),
    `what ${kernel} cannot try is known, and nothing else is left out`,
  );
  for (const machine of machines)
    t.ok(
      machine.kernel?.release.startsWith(kernel),
      `${machine.where} really ran ${machine.kernel?.release}`,
    );
}
