import { mkdirSync } from 'node:fs';
import t from 'tap';
import {
  Ledger,
  runInvocation,
  type ActEnd,
  type FailurePolicy,
  type HookKind,
  type HookSpec,
} from '../../src/hooks/index.js';
import { declaredHooks } from '../../src/hooks/hook-entry.js';
import { guard } from '../../src/hooks/guard.js';
import { Project } from './project.js';

const spec = (kind: HookKind, failurePolicy: string): HookSpec => ({
  name: 'forged',
  kind,
  entrypoint: ['hooks/mark', 'forged'],
  failurePolicy: failurePolicy as FailurePolicy,
  timeoutSeconds: 5,
  permissions: [],
  env: [],
});

/** Runs an act under specs that neither schema nor loader has seen. */
async function invoke(project: Project, specs: readonly HookSpec[], end: ActEnd) {
  const hooks = await declaredHooks(project.root, specs, 30);
  return await runInvocation({
    command: 'test',
    argv: [],
    act: () => Promise.resolve(end),
    loadHooks: () => Promise.resolve(hooks),
    openLedger: () => Ledger.open(project.ledger),
  });
}

t.test('the rule: only the exact word is open, and only policy may be closed', async (t) => {
  for (const kind of ['on_error', 'on_cancel', 'after_invocation', 'before_invocation'] as const)
    t.equal(guard(spec(kind, 'fail_open')), undefined, `${kind} may be open`);
  t.equal(guard(spec('before_invocation', 'fail_closed')), undefined);
  for (const policy of ['fail_closed', 'FAIL_OPEN', ' fail_open', 'open', '', 'undefined']) {
    t.equal(guard(spec('on_error', policy)), 'terminal_observability_must_be_fail_open');
    t.equal(guard(spec('on_cancel', policy)), 'terminal_observability_must_be_fail_open');
    t.equal(guard(spec('after_invocation', policy)), 'observability_must_be_fail_open');
  }
});

for (const [kind, reason] of [
  ['on_error', 'terminal_observability_must_be_fail_open'],
  ['after_invocation', 'observability_must_be_fail_open'],
] as const)
  for (const policy of ['fail_closed', 'Fail_Open', ''])
    t.test(`a forged ${kind} hook with the policy "${policy}" never starts`, async (t) => {
      const project = new Project(t);
      const legal = { ...spec(kind, 'fail_open'), name: 'legal', entrypoint: ['hooks/mark', 'legal'] };
      const { end, problems } = await invoke(project, [spec(kind, policy), legal], {
        exitCode: 42,
        cause: 'the disk is gone',
      });
      t.match(end, { type: 'invocation.failed', exit_code: 42, cause: 'the disk is gone' });
      t.same(problems, []);
      t.notOk(project.has('marker-forged'), 'its process never started');
      t.ok(project.has('marker-legal'), 'the loop went on');
      const events = (await project.events(t)).filter(
        (event) => 'hook_name' in event && event.hook_name === 'forged',
      );
      t.equal(events.length, 1, 'one event and no other');
      t.match(events[0], { type: 'hook.blocked', hook_kind: kind, failure_policy: policy, reason });
      await project.types(t);
    });

t.test('the control: the same hook declared open leaves its marker', async (t) => {
  const project = new Project(t);
  await invoke(project, [spec('on_error', 'fail_open')], { exitCode: 42 });
  t.ok(project.has('marker-forged'));
});

t.test('an unknown policy on a policy hook counts as closed', async (t) => {
  const project = new Project(t);
  const forged = { ...spec('before_invocation', 'sometimes'), entrypoint: ['hooks/fail'] };
  const { end } = await invoke(project, [forged], { exitCode: 0 });
  t.match(end, { type: 'invocation.blocked', veto: false });
});

t.test('a spec that answers differently each time is read once', async (t) => {
  const project = new Project(t);
  let asked = 0;
  const shifty = {
    ...spec('on_error', ''),
    get failurePolicy(): FailurePolicy {
      asked += 1;
      return asked === 1 ? 'fail_closed' : 'fail_open';
    },
  };
  await invoke(project, [shifty], { exitCode: 42 });
  t.notOk(project.has('marker-forged'));
  t.equal(asked, 1);
});

t.test('a forged spec cannot be changed after it was handed over', async (t) => {
  const project = new Project(t);
  const [entry] = (await declaredHooks(project.root, [spec('on_error', 'fail_open')], 30)).entries;
  t.ok(Object.isFrozen(entry?.spec));
  t.ok(Object.isFrozen(entry?.spec.entrypoint));
  t.throws(() => {
    (entry?.spec as { name: string }).name = 'other';
  });
});

t.test('a forged executable outside the project, or none at all, is refused and told', async (t) => {
  const project = new Project(t);
  mkdirSync(`${project.root}/folder`);
  for (const entrypoint of [['/bin/true'], ['folder'], ['nonesuch'], []]) {
    const { end } = await invoke(project, [{ ...spec('before_invocation', 'fail_closed'), entrypoint }], {
      exitCode: 0,
    });
    t.match(end, { type: 'invocation.blocked', veto: false, reason: /entrypoint_invalid/ });
  }
});
