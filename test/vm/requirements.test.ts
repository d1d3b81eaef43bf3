import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { laneRequirements } from '../../src/vm/requirements.js';

const byName = async () => new Map((await laneRequirements()).map((each) => [each.name, each]));

t.test('what is missing is named with its package and the way out', async (t) => {
  const folder = t.testdir({ 'qemu-system-x86_64': '#!/bin/sh\necho QEMU emulator version 7.2.19\n' });
  chmodSync(join(folder, 'qemu-system-x86_64'), 0o755);
  symlinkSync('/usr/bin/env', join(folder, 'mke2fs'));
  t.intercept(process, 'env', {
    value: { ...process.env, PATH: folder, XDG_CACHE_HOME: join(folder, 'mke2fs') },
  });
  const seen = await byName();
  const qemu = seen.get('QEMU 10 or newer');
  t.match(qemu, { met: false, reason: /7\.2\.19 is older than 10/, wayOut: /npm run setup/ });
  const tools = seen.get('tools that make guests');
  t.match(tools, { met: false, reason: /cpio, depmod/, wayOut: /install .*cpio.*kmod.*zstd/ });
  t.notMatch(tools?.wayOut, 'e2fsprogs', 'what is here is not asked for');
  t.match(seen.get('a writable cache'), { met: false, reason: /ENOTDIR/, wayOut: /XDG_CACHE_HOME/ });
});

t.test('a cache where no folder can be made is told, not waited for', async (t) => {
  t.intercept(process, 'env', { value: { ...process.env, XDG_CACHE_HOME: '/proc/nowhere' } });
  t.match((await byName()).get('a writable cache'), {
    met: false,
    reason: /ENOENT/,
    wayOut: /XDG_CACHE_HOME/,
  });
});

t.test('without any QEMU', async (t) => {
  t.intercept(process, 'env', { value: { ...process.env, PATH: t.testdir({}) } });
  t.match((await byName()).get('QEMU 10 or newer'), { met: false, reason: /is not installed/ });
});

t.test('a machine that is set up lacks nothing', async (t) => {
  t.intercept(process, 'env', { value: { ...process.env, XDG_CACHE_HOME: t.testdir({}) } });
  for (const { name, met, reason } of await laneRequirements()) t.ok(met, `${name}: ${reason ?? 'met'}`);
});
