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
const { exitCode, stdout, stderr } = await aegis(['prove', ...names, '--vm', '--json'], {
  timeoutMs: 880_000,
});
t.equal(exitCode, 0, stderr.slice(-2000));
const record = JSON.parse(stdout) as RunRecord;
t.equal(record.verdict, 'proven');

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
  for (const machine of machines)
    t.ok(
      machine.kernel?.release.startsWith(kernel),
      `${machine.where} really ran ${machine.kernel?.release}`,
    );
}
