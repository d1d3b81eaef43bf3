import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { aegis } from '../aegis.js';

t.setTimeout(800_000);
const timeoutMs = 200_000;

/** The QEMU a process started: its child of that name. */
function qemuOf(parent: number): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return (
          stat.includes('(qemu-system') && stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(parent)
        );
      } catch {
        return false;
      }
    });
}

/** Starts a run that prints `running` and then waits, and waits for that. */
async function startLongRun() {
  const argv = [
    join(packageRoot, 'bin', 'run.js'),
    'vm',
    'run',
    '6.12',
    '-q',
    '--',
    'sh',
    '-c',
    'echo running; sleep 600',
  ];
  const run = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  run.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(run, 'close') as Promise<[number | null, string | null]>;
  await Promise.race([once(run.stdout, 'data'), closed]);
  return { run, closed, qemu: qemuOf(run.pid ?? 0), stderr: () => stderr };
}

async function isGone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 5000;
  while (existsSync(`/proc/${pid}`) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return !existsSync(`/proc/${pid}`);
}

t.test('output is streamed apart and the exit code passed through', async (t) => {
  const args = [
    'vm',
    'run',
    '6.12',
    '--quiet',
    '--memory',
    '512',
    '--append',
    'lockdown=integrity one=1',
    '--append',
    'two=2',
  ];
  const script =
    'echo out; echo err >&2; cat /proc/cmdline; grep -o "^MemTotal.*" /proc/meminfo; echo "$1 $2"; exit 42';
  const ended = await aegis([...args, '--', 'sh', '-c', script, 'name', '--flag', '--'], { timeoutMs });
  t.equal(ended.exitCode, 42);
  t.equal(ended.stderr, 'err');
  const lines = ended.stdout.split('\n');
  t.equal(lines[0], 'out');
  t.match(lines[1], / lockdown=integrity one=1 two=2$/);
  t.ok(Number(/\d+/.exec(lines[2] ?? '')?.[0]) < 512 * 1024, lines[2] ?? 'no memory told');
  t.equal(lines[3], '--flag --', "the command's own flags are its own");
});

t.test('a lost machine ends with 99 and shows the end of its console', async (t) => {
  const ended = await aegis(
    ['vm', 'run', '6.12', '--', 'sh', '-c', 'echo c > /proc/sysrq-trigger; sleep 600'],
    { timeoutMs },
  );
  t.equal(ended.exitCode, 99);
  t.match(ended.stderr, /cannot finish the run on kernel 6\.12: the kernel panicked/);
  t.match(ended.stderr, /Kernel panic - not syncing: sysrq triggered crash/);
  t.match(ended.stderr, /^booting kernel 6\.12\./m, 'without a terminal, progress is plain lines');
});

t.test('a command that takes too long ends with 99', async (t) => {
  const ended = await aegis(['vm', 'run', '6.12', '--timeout', '2', '--', 'sleep', '600'], { timeoutMs });
  t.equal(ended.exitCode, 99);
  t.match(ended.stderr, /did not end within 2 s.*--timeout/s);
});

t.test('Ctrl-C takes the machine down', async (t) => {
  const { run, closed, qemu, stderr } = await startLongRun();
  t.ok(qemu, `QEMU runs (${stderr()})`);
  run.kill('SIGINT');
  const [code] = await closed;
  t.equal(code, 130);
  t.ok(await isGone(qemu ?? 0), 'QEMU is gone');
  t.equal(stderr(), '');
});

t.test('the machine dies with its run, even when that is killed', async (t) => {
  const { run, closed, qemu, stderr } = await startLongRun();
  t.ok(qemu, `QEMU runs (${stderr()})`);
  run.kill('SIGKILL');
  await closed;
  t.ok(await isGone(qemu ?? 0), 'QEMU is gone');
});

t.test('a reader that goes away ends the run', async (t) => {
  const argv = [join(packageRoot, 'bin', 'run.js'), 'vm', 'run', '6.12', '-q', '--', 'yes'];
  const run = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  run.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(run.stdout, 'data');
  run.stdout.destroy();
  const [code] = (await once(run, 'close')) as [number];
  t.equal(code, 141);
  t.equal(stderr, '');
});

t.test('what is prepared is told, and a second time nothing is made', async (t) => {
  const first = await aegis(['vm', 'prepare', '6.12', '--json'], { timeoutMs: 600_000 });
  t.equal(first.exitCode, 0, first.stderr);
  t.match(JSON.parse(first.stdout), [
    {
      name: '6.12',
      release: /^6\.12\./,
      digest: /^[0-9a-f]{64}$/,
      packages: [{ version: /^6\.12\./, sha256: /^[0-9a-f]{64}$/ }],
    },
  ]);
  const second = await aegis(['vm', 'prepare', '6.12'], { timeoutMs });
  t.equal(second.exitCode, 0);
  t.equal(second.stderr, '', 'no work, no progress');
  t.match(second.stdout, /^6\.12 {2}6\.12\.\S+ {2}sha256:[0-9a-f]{64}$/);
});
