import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runtimeBinary } from '../../src/proof/governance/runtime-process.js';
import { run } from '../../src/sandbox/run.js';

// Places that take root to bring about.
const skip = process.geteuid?.() === 0 ? false : 'needs root';
const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
t.teardown(() => rm(folder, { recursive: true }));

t.test('a socket that another user left behind is not cleared away', { skip }, async (t) => {
  const path = join(folder, 'left.sock');
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  await chown(path, 65534, 65534);
  const refused = await run([runtimeBinary, '--socket', path], { timeoutMs: 10_000 });
  t.match(refused, { exitCode: 1, stderr: /a socket of another user is there\. Remove it/ });
});

/** In a chroot the root is no mount point, and then a mount cannot be kept from being seen by others. */
const mounts = await readFile('/proc/self/mountinfo', 'utf8');
const isChroot = !mounts.split('\n').some((line) => line.split(' ')[4] === '/');
const skipMount = skip || (isChroot && 'the root is no mount point, as in a chroot');

t.test('a read-only /run is named as the cause', { skip: skipMount }, async (t) => {
  // In a mount namespace of its own, so that this machine's /run stays as it is.
  const script = `mount -t tmpfs -o ro none /run && exec "$0" --instance read-only-test`;
  const refused = await run(['unshare', '--mount', 'sh', '-c', script, runtimeBinary], { timeoutMs: 10_000 });
  t.match(refused, { exitCode: 1, stderr: /cannot make the folder \/run\/aegis: Read-only file system/ });
});
