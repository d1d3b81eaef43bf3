import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { bzImageRelease, loadOrder, moduleName, modulesFolder, readModule } from '../../src/vm/modules.js';

const { signal } = new AbortController();

t.test('modules load after what they depend on, once each', async (t) => {
  const dep = [
    'kernel/drivers/virtio/virtio_pci.ko.xz: kernel/drivers/virtio/virtio-ring.ko.xz kernel/drivers/virtio/virtio.ko.xz',
    'kernel/drivers/virtio/virtio-ring.ko.xz: kernel/drivers/virtio/virtio.ko.xz',
    'kernel/drivers/virtio/virtio.ko.xz:',
    'kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio-ring.ko.xz kernel/drivers/virtio/virtio.ko.xz',
    'kernel/fs/other.ko.xz:',
    '',
  ].join('\n');
  t.same(loadOrder(dep, ['virtio_pci', 'virtio_blk', 'ext4']), [
    'kernel/drivers/virtio/virtio.ko.xz',
    'kernel/drivers/virtio/virtio-ring.ko.xz',
    'kernel/drivers/virtio/virtio_pci.ko.xz',
    'kernel/drivers/block/virtio_blk.ko.xz',
  ]);
  t.same(loadOrder('a.ko: b.ko\nb.ko: a.ko\n', ['a']), ['b.ko', 'a.ko'], 'a circle ends');
  t.equal(moduleName('kernel/drivers/char/virtio-rng.ko.zst'), 'virtio_rng');
});

t.test('modules are decompressed', async (t) => {
  const folder = t.testdir({ 'm.ko': 'plain module' });
  const plain = join(folder, 'm.ko');
  execFileSync('xz', ['--keep', plain]);
  execFileSync('zstd', ['-q', plain]);
  writeFileSync(join(folder, 'm.ko.gz'), gzipSync('plain module'));
  for (const suffix of ['', '.xz', '.zst', '.gz'])
    t.equal((await readModule(plain + suffix, signal)).toString(), 'plain module', suffix);
  writeFileSync(plain + '.xz', 'no archive');
  await t.rejects(readModule(plain + '.xz', signal), { code: 'COMMAND_FAILED' });
});

t.test('what is no bzImage is refused', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4096), readFileSync(process.execPath).subarray(0, 8192)])
    t.throws(() => bzImageRelease(bytes, 'x'), { code: 'BAD_ARGUMENT' });
  const torn = Buffer.alloc(0x300);
  torn.write('HdrS', 0x202);
  torn.writeUInt16LE(0xffff, 0x20e);
  t.throws(() => bzImageRelease(torn, 'x'), { code: 'BAD_ARGUMENT' }, 'version out of the file');
  torn.writeUInt16LE(0x20, 0x20e);
  torn.write('6.18.15-own (me@here) #1', 0x220);
  t.equal(bzImageRelease(torn, 'x'), '6.18.15-own');
});

t.test('the folder of the modules may be given from above', async (t) => {
  const root = t.testdir();
  const folder = join(root, 'lib/modules/1.2.3');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'modules.order'), '');
  t.equal(await modulesFolder(folder, '1.2.3'), folder);
  t.equal(await modulesFolder(join(root, 'lib/modules'), '1.2.3'), folder);
  t.equal(await modulesFolder(root, '1.2.3'), folder);
  mkdirSync(join(root, 'kernel'));
  await t.rejects(
    modulesFolder(root, '9.9.9'),
    { code: 'BAD_ARGUMENT' },
    'a folder named kernel is not enough',
  );
});
