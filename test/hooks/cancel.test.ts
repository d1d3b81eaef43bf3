import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/paths.js';
import { plainNode } from '../plain-node.js';
import { processesIn, Project, type Declared } from './project.js';

const onCancel: Declared = { name: 'cancel', kind: 'on_cancel', entrypoint: ['hooks/record'] };
const [env, ...node] = plainNode;
const wait = ['hooks/ready-then-wait'];

/** Starts the shipped command line in a project, as a user would. */
function start(t: Test, project: Project, command: readonly string[], script?: string) {
  const args = script
    ? ['--input-type=module', '--eval', script]
    : [join(packageRoot, 'bin', 'run.js'), 'hooks', 'run', '--', ...command];
  const child = spawn(env, [...node, ...args], {
    cwd: project.root,
    env: { ...process.env, ...project.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) =>
    child.on('exit', (code, signal) => resolve({ code, signal, output })),
  );
  t.teardown(() => child.kill('SIGKILL'));
  return { child, ended };
}

/** Resolves once a file of that name is there. */
async function appears(project: Project, name: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(project.root, () => check());
    const check = () => {
      if (!existsSync(join(project.root, name))) return;
      watcher.close();
      resolve();
    };
    check();
  });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  t.test(`${signal} while the command runs: cancelled, ${code}, on_cancel is told`, async (t) => {
    const project = await new Project(t)
      .declare(onCancel, { name: 'mark', kind: 'after_invocation' }, { name: 'fail', kind: 'on_error' })
      .trust();
    const { child, ended } = start(t, project, wait);
    await appears(project, 'ready');
    child.kill(signal);
    t.match(await ended, { code, signal: null });
    t.same(await project.types(t), [
      'invocation.started',
      'invocation.cancelled',
      'hook.invoked',
      'hook.completed',
    ]);
    t.match((await project.events(t))[1], { signal, exit_code: code });
    t.match(JSON.parse(project.read('payload.json')), {
      kind: 'on_cancel',
      outcome: { status: 'cancelled', exit_code: code, signal },
    });
    t.notOk(project.has('marker-mark'));
    t.same(processesIn(project.root), [], 'the command and the hooks are gone');
  });

t.test('Ctrl-C while a policy hook runs: cancelled, and the command never starts', async (t) => {
  for (const failurePolicy of ['fail_open', 'fail_closed'] as const) {
    const project = await new Project(t)
      .declare({ name: 'ask', kind: 'before_invocation', failurePolicy, entrypoint: wait }, onCancel)
      .trust();
    const { child, ended } = start(t, project, ['touch', 'was-run']);
    await appears(project, 'ready');
    child.kill('SIGINT');
    t.match(await ended, { code: 130 });
    t.same(await project.types(t), [
      'invocation.started',
      'hook.invoked',
      'hook.failed',
      'invocation.cancelled',
      'hook.invoked',
      'hook.completed',
    ]);
    t.match((await project.events(t))[2], { reason: 'cancelled' });
    t.notOk(project.has('was-run'));
    t.same(processesIn(project.root), []);
  }
});

t.test('Ctrl-C while a hook runs after the command: the hooks end, the outcome stands', async (t) => {
  const project = await new Project(t)
    .declare(
      { name: 'slow', kind: 'after_invocation', entrypoint: wait },
      { name: 'mark', kind: 'on_error' },
      onCancel,
    )
    .trust();
  const { child, ended } = start(t, project, ['sh', '-c', 'exit 42']);
  await appears(project, 'ready');
  child.kill('SIGINT');
  t.match(await ended, { code: 42 }, 'the command had ended: its code is told');
  t.same(await project.types(t), [
    'invocation.started',
    'invocation.failed',
    'hook.invoked',
    'hook.failed',
    'hook.failed',
  ]);
  t.notOk(project.has('marker-mark'));
  t.notOk(project.has('payload.json'), 'no second end, so no on_cancel');
  t.same(processesIn(project.root), []);
});

t.test('a second signal cuts a slow on_cancel hook short', async (t) => {
  const project = await new Project(t)
    .declare({ name: 'slow', kind: 'on_cancel', entrypoint: ['hooks/ready-then-wait', 'ready-2'] })
    .trust();
  const { child, ended } = start(t, project, wait);
  await appears(project, 'ready');
  child.kill('SIGTERM');
  await appears(project, 'ready-2');
  child.kill('SIGINT');
  t.match(await ended, { code: 143 }, 'the first signal is the one that counts');
  t.match((await project.events(t)).at(-1), { type: 'hook.failed', reason: 'cancelled' });
  await project.types(t);
  t.same(processesIn(project.root), []);
});

t.test('an on_cancel hook that hangs is bounded', async (t) => {
  const project = await new Project(t)
    .declare({ name: 'hang', kind: 'on_cancel', timeoutSeconds: 1 })
    .trust();
  const { child, ended } = start(t, project, wait);
  await appears(project, 'ready');
  child.kill('SIGINT');
  t.match(await ended, { code: 130 });
  t.match((await project.events(t)).at(-1), { type: 'hook.failed', reason: 'timed_out' });
});

const lifecycle = (project: Project, act: string) => `
  const { Ledger, runInvocation } = await import(${JSON.stringify(join(packageRoot, 'dist/src/hooks/index.js'))});
  const { loadHooks } = await import(${JSON.stringify(join(packageRoot, 'dist/src/hooks/load.js'))});
  const { end } = await runInvocation({ command: 'test', argv: [], graceMs: 300, act: async (signal) => { ${act} },
    loadHooks: () => loadHooks(${JSON.stringify(project.manifest)}),
    openLedger: () => Ledger.open(${JSON.stringify(project.ledger)}) });
  process.exit(end.exit_code);`;

t.test(
  'a command that leaves by process.exit, or by an uncaught error, still has its end event',
  async (t) => {
    for (const [act, code] of [
      ['process.exit(5)', 5],
      [
        "setImmediate(() => { throw new Error('uncaught') }); await new Promise(() => setTimeout(() => {}, 9e4))",
        1,
      ],
      ['await new Promise(() => {})', 13],
    ] as const) {
      const project = await new Project(t).declare().trust();
      const { ended } = start(t, project, [], lifecycle(project, act));
      t.match(await ended, { code });
      t.same(await project.types(t), ['invocation.started', 'invocation.failed']);
      t.match((await project.events(t))[1], { exit_code: code, cause: /the process ended in the middle/ });
    }
  },
);

t.test('a command that leaves by process.exit(0) is told as it is seen from outside', async (t) => {
  const project = await new Project(t).declare().trust();
  const { ended } = start(t, project, [], lifecycle(project, 'process.exit(0)'));
  t.match(await ended, { code: 0 });
  t.same(await project.types(t), ['invocation.started', 'invocation.completed']);
});

t.test('a command that leaves by process.exit takes its running hooks along', async (t) => {
  const project = await new Project(t).declare({ name: 'ask', entrypoint: wait }).trust();
  const script = `setInterval(async () => {
      const { existsSync } = await import('node:fs'); if (existsSync('ready')) process.exit(5); }, 20);
    ${lifecycle(project, '')}`;
  const { ended } = start(t, project, [], script);
  t.match(await ended, { code: 5 });
  t.same(processesIn(project.root), []);
  await project.types(t);
});

t.test('a command that does not clean up in time is not waited for', async (t) => {
  const project = await new Project(t).declare(onCancel).trust();
  const act = `(await import('node:fs')).writeFileSync('ready', ''); await new Promise(() => setTimeout(() => {}, 9e4))`;
  const { child, ended } = start(t, project, [], lifecycle(project, act));
  await appears(project, 'ready');
  child.kill('SIGINT');
  t.match(await ended, { code: 130 });
  t.ok(project.has('payload.json'));
  await project.types(t);
});
