import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runProcess, type ProcessRequest } from '../../src/hooks/process.js';
import { isRunning, processesIn, Project } from './project.js';

function fixture(t: Test) {
  const project = new Project(t);
  const run = (name: string, more: Partial<ProcessRequest> = {}) =>
    runProcess({
      argv: [join(project.root, 'hooks', name)],
      cwd: project.root,
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: 'capture',
      ...more,
    });
  const pid = (name: string) => Number(readFileSync(join(project.root, name), 'utf8'));
  return { project, run, pid };
}

t.test('a time-out kills the whole group, those who ignore SIGTERM included', async (t) => {
  const { project, run, pid } = fixture(t);
  const { status, durationMs } = await run('stubborn', { timeoutMs: 500, termGraceMs: 200 });
  t.same(status, { kind: 'timed_out' });
  t.ok(durationMs < 3000, `ended after ${durationMs} ms`);
  t.notOk(isRunning(pid('leader')));
  t.notOk(isRunning(pid('grandchild')), 'the grandchild is dead, too');
  t.same(processesIn(project.root), []);
});

t.test('what a hook leaves behind in its group ends with it', async (t) => {
  const { run, pid } = fixture(t);
  const { status, durationMs } = await run('brood', { timeoutMs: 20_000 });
  t.same(status, { kind: 'exited', code: 0 });
  t.ok(durationMs < 5000, 'its open pipes hold nobody up');
  t.notOk(isRunning(pid('grandchild')));
});

t.test('a process that left the group holds nobody up', async (t) => {
  const { run, pid } = fixture(t);
  const { status, durationMs, answer } = await run('leaver', { timeoutMs: 20_000 });
  t.teardown(() => process.kill(pid('leaver-pid'), 'SIGKILL'));
  t.same(status, { kind: 'exited', code: 0 });
  t.match(answer.toString(), 'allow');
  t.ok(durationMs < 5000, `ended after ${durationMs} ms`);
});

t.test('a hook that closes its stdin does no harm, however much it is told', async (t) => {
  const { run } = fixture(t);
  const { status } = await run('close-stdin', { input: 'x'.repeat(4 * 1024 * 1024), timeoutMs: 10_000 });
  t.same(status, { kind: 'exited', code: 0 });
});

t.test('output without end is bounded in memory and counted', async (t) => {
  const { run } = fixture(t);
  const { status, stdout, answer } = await run('endless', { timeoutMs: 700 });
  t.same(status, { kind: 'timed_out' });
  t.ok(stdout.truncated);
  t.ok(stdout.bytes > answer.length);
  t.equal(answer.length, 1024 * 1024);
});

t.test('aborting ends the group like a time-out', async (t) => {
  const { project, run } = fixture(t);
  const controller = new AbortController();
  const { status } = await run('hang', {
    signal: controller.signal,
    onStarted: () => setImmediate(() => controller.abort()),
  });
  t.same(status, { kind: 'cancelled' });
  t.same(processesIn(project.root), []);
  const again = await run('mark', { signal: controller.signal });
  t.match(again, { status: { kind: 'cancelled' }, started: false });
  t.notOk(project.has('marker-mark'));
});

t.test('what cannot be started is told by its errno, and is not called started', async (t) => {
  const { run, project } = fixture(t);
  let started = 0;
  const onStarted = () => (started += 1);
  t.match(await run('nonesuch', { onStarted }), { status: { errno: 'ENOENT' }, started: false });
  t.match(await run('no-interpreter', { onStarted }), { status: { errno: 'ENOENT' }, started: false });
  t.match(await run('../aegis.hooks.json', { onStarted }), { status: { kind: 'cannot_start' } });
  t.match(await run('mark', { onStarted, cwd: join(project.root, 'gone') }), { started: false });
  t.match(await run('x', { onStarted, argv: [] }), { status: { kind: 'cannot_start' } });
  t.match(await run('x', { onStarted, argv: ['/bin/true', 'a\0b'] }), { status: { kind: 'cannot_start' } });
  t.match(await run('x', { onStarted, argv: ['/bin/true', 'x'.repeat(200 * 1024)] }), {
    status: { errno: 'E2BIG' },
  });
  t.equal(started, 0);
});

t.test('an exit code and a signal are told apart', async (t) => {
  const { run } = fixture(t);
  t.same((await run('fail')).status, { kind: 'exited', code: 3 });
  t.same((await run('die')).status, { kind: 'signalled', signal: 'SIGKILL' });
});
