import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { withLock } from '../../src/vm/lock.js';

const { signal } = new AbortController();
const child = join(dirname(fileURLToPath(import.meta.url)), 'lock-child.js');

/** Starts a process that holds the lock until it is killed. */
async function holder(path: string) {
  const run = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(run.stdout, 'data');
  return run;
}

t.test('only one holds it at a time, in one process and in several', async (t) => {
  const path = join(t.testdir(), 'lock');
  let holders = 0;
  let most = 0;
  const work = () =>
    withLock(path, { signal }, async () => {
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setTimeout(resolve, 20));
      holders--;
    });
  await Promise.all([work(), work(), work()]);
  t.equal(most, 1);
  t.equal(await withLock(path, { signal }, () => Promise.resolve('result')), 'result');
});

t.test('a holder that is killed holds it no longer', async (t) => {
  const path = join(t.testdir(), 'lock');
  const run = await holder(path);
  let waited = 0;
  const next = withLock(path, { signal, onWait: () => waited++ }, () => Promise.resolve('mine'));
  t.equal(
    await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 1000, 'waiting'))]),
    'waiting',
  );
  t.equal(waited, 1, 'the one who waits is told so once');
  run.kill('SIGKILL');
  t.equal(await next, 'mine');
});

t.test('waiting can be interrupted', async (t) => {
  const path = join(t.testdir(), 'lock');
  const run = await holder(path);
  const controller = new AbortController();
  const next = withLock(path, { signal: controller.signal }, () => Promise.resolve());
  setTimeout(() => controller.abort(), 100);
  await t.rejects(next, { code: 'INTERRUPTED' });
  run.kill('SIGKILL');
  await t.rejects(
    withLock(path, { signal: controller.signal }, () => Promise.resolve()),
    { code: 'INTERRUPTED' },
  );
});

t.test('it is free again after a failure, and a folder that is not there is an error', async (t) => {
  const path = join(t.testdir(), 'lock');
  await t.rejects(
    withLock(path, { signal }, () => Promise.reject(new Error('work'))),
    { message: 'work' },
  );
  t.equal(await withLock(path, { signal }, () => Promise.resolve(1)), 1);
  await t.rejects(
    withLock(join(path, 'no', 'folder'), { signal }, () => Promise.resolve()),
    { code: 'CACHE_UNWRITABLE' },
  );
});
