import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { failWith, processesIn, Project, succeed } from './project.js';

const closed = { kind: 'before_invocation', failurePolicy: 'fail_closed' } as const;
const open = { kind: 'before_invocation', failurePolicy: 'fail_open' } as const;

/** Each way a policy hook can fail, with the reason it is told by and whether a process started. */
const failures = [
  { name: 'fail', reason: 'exit_nonzero', started: true },
  { name: 'die', reason: 'killed_by_signal', started: true },
  { name: 'hang', reason: 'timed_out', started: true },
  { name: 'endless', reason: 'timed_out', started: true },
  { name: 'no-interpreter', reason: 'cannot_start', started: false },
  { name: 'babble', reason: 'answer_unparseable', started: true },
  { name: 'scalar', reason: 'answer_unparseable', started: true },
  { name: 'maybe', reason: 'answer_unparseable', started: true },
  { name: 'stray', reason: 'answer_unparseable', started: true },
  { name: 'silent', reason: 'answer_unparseable', started: true },
  { name: 'not-utf8', reason: 'answer_unparseable', started: true },
  { name: 'large', reason: 'answer_unparseable', started: true },
] as const;

for (const { name, reason, started } of failures) {
  t.test(`closed and ${name}: blocked, and nothing else runs`, async (t) => {
    const project = await new Project(t)
      .declare(
        { name, ...closed, timeoutSeconds: 1 },
        { name: 'allow', ...closed },
        { name: 'mark', kind: 'after_invocation' },
      )
      .trust();
    let wasRun = false;
    const { end } = await project.invoke(() => {
      wasRun = true;
      return succeed();
    });
    t.match(end, { type: 'invocation.blocked', exit_code: 1, veto: false });
    t.notOk(wasRun, 'the act was not run');
    t.notOk(project.has('marker-allow'), 'the next policy hook was not run');
    t.notOk(project.has('marker-mark'), 'no hook after it was run');
    t.same(await project.types(t), [
      'invocation.started',
      ...(started ? ['hook.invoked'] : []),
      'hook.blocked',
      'invocation.blocked',
    ]);
    t.match((await project.events(t)).at(-2), { hook_name: name, reason, failure_policy: 'fail_closed' });
    t.same(processesIn(project.root), [], 'no process is left');
  });

  t.test(`open and ${name}: told, and the command goes on`, async (t) => {
    const project = await new Project(t)
      .declare({ name, ...open, timeoutSeconds: 1 }, { name: 'allow', ...closed })
      .trust();
    const { end } = await project.invoke(succeed);
    t.equal(end.type, 'invocation.completed');
    t.same(await project.types(t), [
      'invocation.started',
      ...(started ? ['hook.invoked'] : []),
      'hook.failed',
      'hook.invoked',
      'hook.completed',
      'invocation.completed',
    ]);
    t.match(
      (await project.events(t)).find(({ type }) => type === 'hook.failed'),
      { reason },
    );
  });
}

t.test('a veto is told apart from a crash, with its reason', async (t) => {
  const project = await new Project(t).declare({ name: 'deny', ...closed }).trust();
  let wasRun = false;
  const { end } = await project.invoke(() => {
    wasRun = true;
    return succeed();
  });
  t.match(end, { type: 'invocation.blocked', exit_code: 1, veto: true, reason: 'no change ticket' });
  t.notOk(wasRun);
  t.same(await project.types(t), [
    'invocation.started',
    'hook.invoked',
    'hook.completed',
    'invocation.blocked',
  ]);
  t.match((await project.events(t))[2], { outcome: 'denied' });
});

t.test('an open policy hook may veto, too: open is about failing', async (t) => {
  const project = await new Project(t).declare({ name: 'deny', ...open }).trust();
  t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked', veto: true });
});

t.test('a veto without the permission is a failure', async (t) => {
  const hook = { name: 'deny', permissions: ['argv'] } as const;
  const blocked = await new Project(t).declare({ ...hook, ...closed }).trust();
  t.match((await blocked.invoke(succeed)).end, { type: 'invocation.blocked', veto: false });
  const unaffected = await new Project(t).declare({ ...hook, ...open }).trust();
  t.match((await unaffected.invoke(succeed)).end, { type: 'invocation.completed' });
  t.match((await unaffected.events(t))[2], { type: 'hook.failed', reason: 'veto_not_permitted' });
});

t.test('after success: completed, then the hooks after it, in manifest order', async (t) => {
  const project = await new Project(t)
    .declare(
      { name: 'second', kind: 'after_invocation', entrypoint: ['hooks/mark', 'second'] },
      { name: 'first', kind: 'after_invocation', entrypoint: ['hooks/mark', 'first'] },
      { name: 'error', kind: 'on_error', entrypoint: ['hooks/mark', 'error'] },
      { name: 'cancel', kind: 'on_cancel', entrypoint: ['hooks/mark', 'cancel'] },
    )
    .trust();
  const { end } = await project.invoke(succeed);
  t.match(end, { type: 'invocation.completed', exit_code: 0 });
  await project.types(t);
  t.same(
    (await project.events(t)).map((event) => ('hook_name' in event ? event.hook_name : event.type)),
    ['invocation.started', 'invocation.completed', 'second', 'second', 'first', 'first'],
  );
  t.notOk(project.has('marker-error'));
  t.notOk(project.has('marker-cancel'));
});

t.test('after failure: after_invocation, then on_error; failing hooks change nothing', async (t) => {
  for (const name of ['fail', 'die', 'hang', 'no-interpreter', 'large'] as const) {
    const project = await new Project(t)
      .declare(
        { name, kind: 'on_error', timeoutSeconds: 1 },
        { name: 'after', kind: 'after_invocation', entrypoint: [`hooks/${name}`], timeoutSeconds: 1 },
        { name: 'mark', kind: 'on_error' },
      )
      .trust();
    const { end } = await project.invoke(failWith(42, 'the disk is gone'));
    t.match(end, { type: 'invocation.failed', exit_code: 42, cause: 'the disk is gone' });
    t.ok(project.has('marker-mark'), 'the hook behind the failed one was run');
    const hooks = (await project.events(t)).filter((event) => event.type.startsWith('hook.'));
    t.same(
      [...new Set(hooks.map((event) => 'hook_name' in event && event.hook_name))],
      ['after', name, 'mark'],
    );
    await project.types(t);
  }
});

t.test('an act that throws still has one end', async (t) => {
  const project = await new Project(t).declare({ name: 'mark', kind: 'on_error' }).trust();
  const { end } = await project.invoke(() => {
    throw new Error('unforeseen');
  });
  t.match(end, { type: 'invocation.failed', exit_code: 1, cause: 'unforeseen' });
  t.ok(project.has('marker-mark'));
  await project.types(t);
});

t.test('all hooks of a kind share a budget', async (t) => {
  const project = await new Project(t)
    .write({
      schemaVersion: 1,
      budgetSeconds: 1,
      hooks: [
        { name: 'a', kind: 'after_invocation', entrypoint: ['hooks/hang'], failurePolicy: 'fail_open' },
        { name: 'b', kind: 'after_invocation', entrypoint: ['hooks/mark'], failurePolicy: 'fail_open' },
      ],
    })
    .trust();
  const started = performance.now();
  await project.invoke(succeed);
  t.ok(performance.now() - started < 4000, 'ended by the budget, not by its own ten seconds');
  const failed = (await project.events(t)).filter(({ type }) => type === 'hook.failed');
  t.match(failed, [
    { hook_name: 'a', reason: 'timed_out' },
    { hook_name: 'b', reason: 'budget_exhausted' },
  ]);
  t.notOk(project.has('marker-mark'));
});

t.test('a hook is handed this call and its environment, and nothing else', async (t) => {
  const project = await new Project(t)
    .declare({
      name: 'record',
      kind: 'on_error',
      entrypoint: ['hooks/record', 'one', 'two words'],
      env: ['PASSED_ON', 'NOT_SET'],
    })
    .trust();
  process.env['PASSED_ON'] = 'yes';
  process.env['HELD_BACK'] = 'secret';
  const { correlationId } = await project.invoke(failWith(7, 'no good'), ['x', '--token', 'hunter22']);
  const { outcome, ...rest } = JSON.parse(project.read('payload.json')) as Record<string, unknown>;
  t.same(rest, {
    schema_version: 1,
    kind: 'on_error',
    hook: 'record',
    command: 'test',
    correlation_id: correlationId,
    argv: ['x', '--token', '[redacted]'],
    argv_truncated: false,
  });
  t.match(outcome, { status: 'failed', exit_code: 7, cause: 'no good', duration_ms: Number });
  t.equal(project.read('arguments'), 'one\ntwo words\n');
  const names = project
    .read('environment')
    .split('\n')
    .map((line) => /^([A-Za-z_]\w*)=/.exec(line)?.[1] ?? '')
    // What the shell sets by itself, and what the test runner puts into every child.
    .filter((name) => name && !/^(PWD|OLDPWD|SHLVL|_|NODE_OPTIONS|_TAPJS_.*)$/.test(name));
  t.same(names, ['PASSED_ON']);
});

t.test('permissions hold back what was not asked for', async (t) => {
  const project = await new Project(t).declare({ name: 'record', kind: 'on_error', permissions: [] }).trust();
  await project.invoke(failWith(7, 'no good'), ['x']);
  const payload = JSON.parse(project.read('payload.json')) as Record<string, unknown>;
  t.notOk('argv' in payload);
  t.match(payload['outcome'], { status: 'failed', exit_code: 7 });
  t.notOk('cause' in (payload['outcome'] as object));
});

t.test('output is counted and hashed whole, and never told', async (t) => {
  const project = await new Project(t).declare({ name: 'large', kind: 'after_invocation' }).trust();
  await project.invoke(succeed);
  t.match(
    (await project.events(t)).find(({ type }) => type === 'hook.completed'),
    {
      stdout: {
        bytes: 3145728 + 24,
        truncated: true,
        // (echo hunter2-is-the-password; head -c 3145728 /dev/zero) | sha256sum
        sha256: '8d99f0cd4fb83478f8036e91cf08a23f9ee62074a2302514be41da46418f743a',
      },
      stderr: { bytes: 0, truncated: false },
    },
  );
  t.notMatch(project.read('state/ledger.jsonl'), 'hunter2');
});

t.test('arguments that cannot be handed on are refused, with one end', async (t) => {
  for (const [argv, said] of [
    [['a\0b'], /argument 1 contains a NUL byte/],
    [['ok', 'bad\uFFFD'], /argument 2 is not UTF-8/],
    [['\uD800'], /argument 1 is not UTF-8/],
    [['x'.repeat(300 * 1024)], /307200 bytes/],
    [new Array<string>(10_000).fill('x'), /10000 arguments/],
  ] as const) {
    const project = await new Project(t).declare({ name: 'mark', kind: 'on_error' }).trust();
    let wasRun = false;
    const { end } = await project.invoke(() => {
      wasRun = true;
      return succeed();
    }, argv);
    t.match(end, { type: 'invocation.failed', exit_code: 2, cause: said });
    t.notOk(wasRun);
    t.same(await project.types(t), ['invocation.started', 'invocation.failed']);
  }
});

t.test('a project without hooks, and one with an empty list, run as if there were none', async (t) => {
  const project = await new Project(t).declare().trust();
  t.equal((await project.invoke(succeed)).end.type, 'invocation.completed');
  t.same(await project.types(t), ['invocation.started', 'invocation.completed']);
  writeFileSync(join(project.root, 'aegis.hooks.json'), 'not JSON');
  t.match((await project.invoke(succeed)).end, { type: 'invocation.blocked', reason: /not JSON/ });
});
