import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exitCodeOfDiagnosis, type Diagnosis } from '../../src/proof/diagnose.js';
import { mechanisms } from '../../src/witness/feel.js';
import { aegis } from '../aegis.js';

t.test('--json tells everything, and the exit code follows it', async (t) => {
  const { exitCode, stdout, stderr } = await aegis(['doctor', '--json']);
  t.equal(stderr, '');
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  t.equal(exitCode, exitCodeOfDiagnosis(diagnosis));
  t.match(diagnosis, { schema_version: 1, node: process.versions.node });
  t.same(
    diagnosis.felt.map(({ mechanism }) => mechanism),
    mechanisms,
  );
  for (const part of ['installation', 'host', 'lane'] as const) {
    t.ok(diagnosis[part].length > 0, `${part} is looked at`);
    for (const { name, met, reason, wayOut } of diagnosis[part])
      t.ok(met || (reason && wayOut), `${part}, ${name}: met, or why not and the way out`);
  }
  const areMet = (part: 'installation' | 'host' | 'lane') => diagnosis[part].every(({ met }) => met);
  t.same(diagnosis.can_prove, {
    host: areMet('installation') && areMet('host'),
    lane: areMet('installation') && areMet('lane'),
  });
});

t.test(
  'for people: what is listed is kept apart from what was felt, and the end says where to go',
  async (t) => {
    const { stdout } = await aegis(['doctor']);
    t.match(stdout, /^Listed \(the kernel's own word, no evidence\): LSMs /m);
    t.match(stdout, /^Felt \(loaded just now; only a proof shows that it fires\):$/m);
    for (const title of ['This installation', 'Proofs on this machine', 'Proofs in the embedded lane'])
      t.match(stdout, new RegExp(`^${title}$`, 'm'));
    t.match(stdout.trimEnd().split('\n').at(-1), /^Proofs can run /);
    t.notMatch(stdout, '\u001b', 'no colour off a terminal');
  },
);

t.test('without QEMU the lane is missing, with the reason', async (t) => {
  const tools = join(t.testdir({}), 'tools');
  mkdirSync(tools);
  symlinkSync(process.execPath, join(tools, 'node'));
  const { exitCode, stdout } = await aegis(['doctor', '--json'], { env: { PATH: tools } });
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  t.equal(diagnosis.can_prove.lane, false);
  t.match(
    diagnosis.lane.find(({ name }) => /qemu/i.test(name)),
    { met: false, reason: String, wayOut: String },
  );
  t.equal(exitCode, exitCodeOfDiagnosis(diagnosis));
});

t.test('an unknown flag is misuse', async (t) => {
  t.match(await aegis(['doctor', '--nonsense']), { exitCode: 2, stderr: /nonsense/ });
});
