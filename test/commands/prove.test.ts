import t from 'tap';
import type { RunRecord } from '../../src/proof/run-record.js';
import { hostRequirements } from '../../src/witness/host.js';
import { aegis } from '../aegis.js';
import { Project } from '../hooks/project.js';

const canProve = (await hostRequirements()).every((requirement) => requirement.met);

t.test('--list names every proof with its claim and scenarios', async (t) => {
  const { exitCode, stdout } = await aegis(['prove', '--list']);
  t.equal(exitCode, 0);
  t.match(stdout, /^lsm-deny {2}Under ENFORCE/m);
  t.match(stdout, /signal-fallback\/genuine-fentry/);
  const json = await aegis(['prove', '--list', '--json', 'lsm-deny']);
  t.match(JSON.parse(json.stdout), [
    { name: 'lsm-deny', scenarios: [{ name: 'enforce', boot: { bpfLsm: true } }] },
  ]);
});

t.test('an unknown name is misuse and names the nearest', async (t) => {
  const proof = await aegis(['prove', 'signal-falback']);
  t.equal(proof.exitCode, 2);
  t.match(proof.stderr, 'cannot find the proof "signal-falback"');
  t.match(proof.stderr, 'Did you mean signal-fallback?');
  const kernel = await aegis(['prove', 'lsm-deny', '--vm', '6.11']);
  t.equal(kernel.exitCode, 2);
  t.match(kernel.stderr, /6\.11/);
  t.match(kernel.stderr, /6\.12/);
});

t.test('wrong flags are misuse', async (t) => {
  for (const [args, said] of [
    [['--frobnicate'], /frobnicate/],
    [['--tap', '--json'], /--json|--tap/],
    [['--timeout', '0'], /timeout|0/],
    [['--lsm', 'bpf'], /--vm|vm/],
    [['--keep', '--vm', '6.12'], /--keep/],
  ] as const) {
    const { exitCode, stderr, stdout } = await aegis(['prove', 'lsm-deny', ...args]);
    t.equal(exitCode, 2, args.join(' '));
    t.match(stderr, said);
    t.equal(stdout, '');
  }
});

t.test(
  'on a host that cannot enforce: 77, every reason, and what to run instead',
  { skip: canProve && 'this host can enforce' },
  async (t) => {
    const human = await aegis(['prove', 'signal-fallback']);
    t.equal(human.exitCode, 77);
    t.match(human.stdout, 'Run instead: aegis prove signal-fallback --vm');
    for (const requirement of (await hostRequirements()).filter(({ met }) => !met))
      t.ok(human.stdout.includes(requirement.reason ?? requirement.name), requirement.name);

    const tap = await aegis(['prove', 'lsm-deny', '--tap']);
    t.equal(tap.exitCode, 77);
    t.match(
      tap.stdout,
      /^TAP version 14\nok 1 - lsm-deny\/enforce # SKIP .+\n1\.\.1\n# skipped\n# Run instead: /,
    );

    const json = await aegis(['prove', 'lsm-deny', '--json']);
    t.equal(json.exitCode, 77);
    const record = JSON.parse(json.stdout) as RunRecord;
    t.match(record, {
      schema_version: 1,
      verdict: 'skipped',
      exit_code: 77,
      machines: [{ where: 'host', scenarios: [{ proof: 'lsm-deny', verdict: 'skipped', points: [] }] }],
    });

    const gate = await aegis(['prove', 'lsm-deny', '--require']);
    t.equal(gate.exitCode, 1, 'a gate takes no skip');
  },
);

t.test('with QEMU missing nothing counts as proven', async (t) => {
  const { exitCode, stdout, stderr } = await aegis(['prove', 'lsm-deny', '--vm', '6.12'], {
    env: { PATH: '/nonexistent' },
  });
  t.ok(exitCode === 99 || exitCode === 77, `exit ${exitCode}`);
  t.match(stdout + stderr, /qemu/i);
});

t.test('NO_COLOR is obeyed even where colour is forced', async (t) => {
  const forced = await aegis(['prove', '--list'], { env: { FORCE_COLOR: '1', NO_COLOR: '' } });
  t.match(forced.stdout, '\u001b[');
  const plain = await aegis(['prove', '--list'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
  t.notMatch(plain.stdout, '\u001b[');
});

t.test('a veto stops a proof before it begins; a listing needs nobody’s leave', async (t) => {
  const project = await new Project(t).declare({ name: 'deny', failurePolicy: 'fail_closed' }).trust();
  const env = { ...project.env, AEGIS_HOOKS: project.manifest };
  const vetoed = await aegis(['prove', 'lsm-deny', '--tap'], { env });
  t.equal(vetoed.exitCode, 1);
  t.equal(vetoed.stdout, '', 'no test point was run');
  t.match(vetoed.stderr, 'cannot run this command: no change ticket');
  t.same(await project.types(t), [
    'invocation.started',
    'hook.invoked',
    'hook.completed',
    'invocation.blocked',
  ]);
  t.match((await project.events(t))[0], { command: 'prove', argv: ['lsm-deny', '--tap'] });
  t.equal((await aegis(['prove', '--list'], { env })).exitCode, 0);
});

t.test('what a proof ends with is what the hooks and the ledger are told', async (t) => {
  const project = await new Project(t)
    .declare(
      { name: 'record', kind: 'on_error' },
      { name: 'after', kind: 'after_invocation', entrypoint: ['hooks/mark'] },
    )
    .trust();
  const env = { ...project.env, AEGIS_HOOKS: project.manifest };
  t.equal((await aegis(['prove', 'nonesuch', '--token', 'hunter22'], { env })).exitCode, 2);
  const end = (await project.events(t)).find(({ type }) => type === 'invocation.failed');
  t.match(end, { exit_code: 2, argv: ['nonesuch', '--token', '[redacted]'] });
  t.match(JSON.parse(project.read('payload.json')), { command: 'prove', outcome: { exit_code: 2 } });
  t.ok(project.has('marker-mark'));
});
