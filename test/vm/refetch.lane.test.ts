import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { cacheRoot, digestFile } from '../../src/vm/cache.js';
import { prepareImage } from '../../src/vm/image.js';
import { prepareKernel, prepareOwnKernel } from '../../src/vm/kernel.js';
import { findMirrors } from '../../src/vm/mirror.js';
import { prepareLane } from '../../src/vm/prepare.js';
import { inGuest } from './guest.js';

t.setTimeout(800_000);

const { signal } = new AbortController();
await prepareLane({ kernels: ['6.12'], signal, onProgress: () => undefined });
const prepared = cacheRoot();
const mirrors = await findMirrors(signal);

/** A cache of this test's own, with copies of some of the prepared entries. */
function ownCache(t: Test, ...collections: string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'aegis-refetch-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const root = join(home, 'aegis', 'vm');
  mkdirSync(root, { recursive: true });
  for (const name of collections) execFileSync('cp', ['-a', '--sparse=always', join(prepared, name), root]);
  t.intercept(process, 'env', { value: { ...process.env, XDG_CACHE_HOME: home } });
  return root;
}

/** Changes one byte and puts size and modification time back as they were. */
function corrupt(path: string): void {
  const { mtime, size } = statSync(path);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, 4096);
  byte.writeUInt8(byte.readUInt8(0) ^ 0xff);
  writeSync(file, byte, 0, 1, 4096);
  closeSync(file);
  utimesSync(path, mtime, mtime);
  if (statSync(path).size !== size) throw new Error('the size must stay');
}

function recording() {
  const lines: string[] = [];
  return { lines, options: { signal, onProgress: (text: string) => void lines.push(text) } };
}

t.test('a corrupt kernel is found out and fetched again', async (t) => {
  ownCache(t, 'kernels');
  const { lines, options } = recording();
  const before = await prepareKernel('6.12', options);
  t.same(lines, [], 'an intact copy is used');
  corrupt(before.image);
  const after = await prepareKernel('6.12', options);
  t.match(lines.join('\n'), /downloading 6\.12\./);
  t.equal(after.digest, before.digest);
  t.equal(await digestFile(after.image), before.digest, 'and is whole again');
});

t.test(
  'a corrupt guest image is found out and made again, and an interrupted making leaves nothing',
  async (t) => {
    const root = ownCache(t, 'images');
    const { lines, options } = recording();
    const before = await prepareImage(options);
    t.same(lines, []);
    corrupt(before.path);
    const controller = new AbortController();
    const interrupted = prepareImage({ signal: controller.signal, onProgress: () => controller.abort() });
    await t.rejects(interrupted, { code: 'INTERRUPTED' });
    t.notOk(
      readdirSync(join(root, 'images')).some((name) => name.includes('.new-')),
      'nothing half made is left',
    );
    const after = await prepareImage(options);
    t.match(lines.join('\n'), /installing Debian/);
    t.equal(await digestFile(after.path), after.digest);
  },
);

t.test('when the mirror refuses the newest version, the one before is taken', async (t) => {
  ownCache(t);
  const refused: string[] = [];
  const server = await relay((path) => {
    const isNewest =
      /linux-image-6\.12\.\d+[^/]*\.deb$/.test(path) && (refused.length === 0 || refused.includes(path));
    if (isNewest && !refused.includes(path)) refused.push(path);
    return isNewest;
  });
  t.teardown(() => server.close());
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.intercept(process, 'env', {
    value: {
      ...process.env,
      AEGIS_DEBIAN_MIRROR: `${site}/main`,
      ...(mirrors.security ? { AEGIS_DEBIAN_SECURITY_MIRROR: `${site}/security` } : {}),
    },
  });
  const { lines, options } = recording();
  const kernel = await prepareKernel('6.12', options);
  t.equal(refused.length, 1);
  t.match(lines.join('\n'), /the mirror refuses 6\.12\./);
  t.notOk(basename(refused[0] ?? '').includes(kernel.release), `${kernel.release} is another one`);
});

t.test('a mirror that refuses everything is told as such', async (t) => {
  ownCache(t);
  const server = await relay(() => true);
  t.teardown(() => server.close());
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.intercept(process, 'env', { value: { ...process.env, AEGIS_DEBIAN_MIRROR: `${site}/main` } });
  await t.rejects(prepareKernel('6.12', recording().options), {
    code: 'FETCH_FAILED',
    exitCode: 99,
    detail: /403/,
  });
  await t.rejects(prepareImage(recording().options), { code: 'FETCH_FAILED', exitCode: 99 });
});

t.test("one's own kernel boots with its own modules", async (t) => {
  const kernel = await prepareKernel('6.12', recording().options);
  const modules = t.testdir({});
  execFileSync('debugfs', ['-R', `rdump / ${modules}`, kernel.modulesDisk], { stdio: 'pipe' });
  const { options, lines } = recording();
  const own = { image: kernel.image, modules };
  const run = await inGuest({ kernel: own, argv: ['sh', '-c', 'uname -r; modprobe overlay'] });
  t.equal(run.exitCode, 0);
  t.equal(run.stdout.toString().trim(), kernel.release);
  t.equal(run.kernelDigest, kernel.digest);
  await prepareOwnKernel(own, options);
  t.same(lines, [], 'its disks are kept');
  await t.rejects(prepareOwnKernel({ ...own, modules: '/etc' }, options), { code: 'BAD_ARGUMENT' });
});

/** Relays the machine's own mirrors, but answers 403 to what is refused. */
async function relay(isRefused: (path: string) => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const target = path.startsWith('/security/') ? mirrors.security : mirrors.main;
    if (isRefused(path)) response.writeHead(403).end();
    else
      fetch(`${target}${path.replace(/^\/(main|security)/, '')}`)
        .then(async (answer) => {
          response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
        })
        .catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
