import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { load, setupFolder } from './load.js';

interface System {
  id: string;
  codename: string;
  name: string;
}
interface PackagesModule {
  majorOf: (version: string) => number;
  missingPackages: (system: System) => Promise<string[]>;
  neededPackages: (system: System) => string[];
}
const { majorOf, missingPackages, neededPackages } = await load<PackagesModule>('packages.mjs');
const { readSystem } = await load<{ readSystem: (file?: string) => System }>('system.mjs');

t.test('the upstream version decides whether QEMU is new enough', (t) => {
  t.equal(majorOf('1:10.0.2+ds-2+deb13u1~bpo12+1'), 10);
  t.equal(majorOf('1:7.2+dfsg-7+deb12u18'), 7);
  t.equal(majorOf('8.2.2'), 8);
  t.equal(majorOf(''), 0);
  t.end();
});

t.test('os-release(5) is read, quoted or not', (t) => {
  const folder = t.testdir({ r: 'ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian 13"\n# no\n' });
  t.same(readSystem(join(folder, 'r')), { id: 'debian', codename: 'trixie', name: 'Debian 13' });
  t.match(readSystem(join(folder, 'absent')), { id: 'unknown', codename: '' });
  t.ok(neededPackages(readSystem(join(folder, 'r'))).includes('libzstd-dev'));
  t.end();
});

/** A dpkg database of one's own; dpkg-query reads it as it would the system's. */
function database(entries: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'aegis-dpkg-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'status'), entries.join('\n'));
  return folder;
}

const entry = (name: string, version: string, status = 'install ok installed') =>
  `Package: ${name}\nStatus: ${status}\nMaintainer: x <x@example.org>\nArchitecture: all\nVersion: ${version}\nDescription: x\n`;

t.test('missing is what dpkg does not call installed, and an old QEMU', async (t) => {
  const system = { id: 'debian', codename: 'bookworm', name: 'Debian 12' };
  const missingIn = async (entries: readonly string[]) => {
    process.env['DPKG_ADMINDIR'] = database(entries);
    try {
      return await missingPackages(system);
    } finally {
      delete process.env['DPKG_ADMINDIR'];
    }
  };
  const all = neededPackages(system).map((name) => entry(name, '1'));
  t.same(await missingIn([...all, entry('qemu-system-x86', '1:10.0.2+ds')]), []);
  t.same(await missingIn([...all, entry('qemu-system-x86', '1:7.2+dfsg')]), ['qemu-system-x86']);
  t.same(await missingIn(all.filter((text) => !text.includes('Package: clang\n'))), [
    'clang',
    'qemu-system-x86',
  ]);
  const removed = [...all.slice(1), entry('clang', '1', 'deinstall ok config-files')];
  t.ok((await missingIn(removed)).includes('clang'), 'configuration files that stayed are no installation');
});

t.test('without root and sudo: the list, the command, exit 99, and nothing is touched', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'aegis-setup-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  cpSync(setupFolder, join(root, 'setup'), { recursive: true });
  // Only these tools, so no sudo, whatever the machine has.
  mkdirSync(join(root, 'tools'));
  for (const tool of ['dpkg-query', 'flock', 'sh', 'cat'])
    symlinkSync(`/usr/bin/${tool}`, join(root, 'tools', tool));
  const nobody = 65534;
  const asOther = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  chmodSync(root, 0o777);
  // The test runner has every Node it sees load a file of its own, which another user may not be able to read.
  const argv = ['--unset=NODE_OPTIONS', process.execPath, 'setup/main.mjs'];
  const { status, stderr } = spawnSync('/usr/bin/env', argv, {
    cwd: root,
    env: { PATH: join(root, 'tools'), DPKG_ADMINDIR: database([]) },
    encoding: 'utf8',
    ...asOther,
  });
  t.equal(status, 99);
  for (const name of ['clang', 'libbpf-dev', 'mmdebstrap', 'qemu-system-x86'])
    t.match(stderr, new RegExp(`^  ${name}$`, 'm'));
  t.match(stderr, /^ {2}apt-get install --no-install-recommends clang /m);
  t.match(stderr, /setup\/install-packages\.mjs {3}# qemu-system-x86 from version 10 on$/m);
  t.match(stderr, 'neither root, nor may it use sudo');
  t.end();
});

t.test(
  'what apt refuses is one line with the way out',
  { skip: process.getuid?.() !== 0 && 'apt needs root' },
  async (t) => {
    const { aptInstall } = await load<{
      aptInstall: (names: string[], onLine: (line: string) => void, options?: string[]) => Promise<string>;
    }>('apt.mjs');
    await t.rejects(
      aptInstall(['no-such-package-anywhere'], () => {}, ['--simulate']),
      {
        message: 'cannot install system packages: Unable to locate package no-such-package-anywhere',
        wayOut: /package sources do not offer it/,
      },
    );
  },
);
