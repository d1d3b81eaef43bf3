import { existsSync } from 'node:fs';
import t from 'tap';
import type { AegisError } from '../../src/errors.js';
import { runInGuest, type GuestJob } from '../../src/vm/index.js';
import { inGuest } from './guest.js';

t.setTimeout(800_000);

/** Runs a job that must not end well, and sees that QEMU is gone afterwards. */
async function lose(
  t: Tap,
  job: Partial<GuestJob> & Pick<GuestJob, 'argv'>,
  during: { signal?: AbortSignal; whenRunning?: (pid: number) => void } = {},
): Promise<AegisError> {
  let pid = 0;
  const error = await inGuest(job, {
    ...(during.signal ? { signal: during.signal } : {}),
    onStart: (started) => (pid = started),
    onStdout: () => during.whenRunning?.(pid),
  }).then(
    (result) => t.fail(`it ended with ${result.exitCode}`) as never,
    (error: unknown) => error as AegisError,
  );
  t.ok(pid > 0, 'QEMU ran');
  t.notOk(existsSync(`/proc/${pid}`), 'QEMU is gone');
  t.equal(error.exitCode, 99, error.message);
  return error;
}
type Tap = Pick<typeof t, 'ok' | 'notOk' | 'equal' | 'fail'>;

const busy = ['sh', '-c', 'echo running; sleep 600'];

t.test('a kernel panic', async (t) => {
  const error = await lose(t, { argv: ['sh', '-c', 'echo c > /proc/sysrq-trigger; sleep 600'] });
  t.equal(error.code, 'KERNEL_PANIC');
  t.match(error.message, /panicked \(sysrq triggered crash\)/);
  t.match(error.detail, /Kernel panic - not syncing: sysrq triggered crash/);
});

t.test('a guest whose process 1 ends', async (t) => {
  const error = await lose(t, { argv: ['true'], append: ['init=/bin/false'] });
  t.equal(error.code, 'NO_SYSTEMD');
  t.match(error.detail, /Attempted to kill init/);
});

t.test('a guest whose process 1 is not systemd', async (t) => {
  const error = await lose(t, { argv: ['true'], append: ['init=/usr/bin/yes'], bootTimeoutMs: 40_000 });
  t.equal(error.code, 'NO_SYSTEMD');
  t.match(error.message, /within 40 s/);
});

t.test('a kernel that finds no user space', async (t) => {
  const error = await lose(t, { argv: ['true'], append: ['rdinit=/bin/busybox'] });
  t.match(error.code, /KERNEL_PANIC|NO_SYSTEMD/);
});

t.test('a command that takes too long', async (t) => {
  const error = await lose(t, { argv: busy, timeoutMs: 2000 });
  t.equal(error.code, 'TIMED_OUT');
  t.match(error.message, /did not end within 2 s/);
  t.match(error.wayOut, /--timeout/);
});

t.test('a machine that is killed under the command', async (t) => {
  const error = await lose(t, { argv: busy }, { whenRunning: (pid) => process.kill(pid, 'SIGKILL') });
  t.equal(error.code, 'MACHINE_LOST');
  t.match(error.message, /QEMU was killed by SIGKILL/);
});

t.test('a guest that powers itself off', async (t) => {
  const error = await lose(t, { argv: ['sh', '-c', 'echo o > /proc/sysrq-trigger; sleep 600'] });
  t.equal(error.code, 'MACHINE_LOST');
  t.match(error.message, /QEMU ended with 0/);
});

t.test('a guest whose channel dies', async (t) => {
  const error = await lose(t, { argv: ['sh', '-c', 'kill -KILL $(pgrep -x aegis-guest); sleep 600'] });
  t.equal(error.code, 'MACHINE_LOST');
});

t.test('a reader that never reads does not keep an interrupted run from ending', async (t) => {
  const controller = new AbortController();
  let pid = 0;
  const run = runInGuest(
    { kernel: '6.12', argv: ['yes'], timeoutMs: 120_000 },
    {
      signal: controller.signal,
      onProgress: () => undefined,
      onStart: (started) => (pid = started),
      onStdout: () => {
        setTimeout(() => controller.abort(), 500);
        return new Promise<void>(() => undefined);
      },
      onStderr: () => undefined,
    },
  );
  await t.rejects(run, { code: 'INTERRUPTED' });
  t.ok(pid > 0);
  t.notOk(existsSync(`/proc/${pid}`), 'QEMU is gone');
});

t.test('an interruption', async (t) => {
  const controller = new AbortController();
  const error = await lose(
    t,
    { argv: busy },
    { signal: controller.signal, whenRunning: () => controller.abort() },
  );
  t.equal(error.code, 'INTERRUPTED');
});

t.test('a file the guest cannot take', async (t) => {
  const error = await lose(t, {
    argv: ['true'],
    copies: [{ from: process.execPath, to: '/proc/1/nowhere' }],
  });
  t.equal(error.code, 'COMMAND_FAILED');
  t.match(error.message, /cannot copy .* to \/proc\/1\/nowhere: cannot create/);
});
