import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  btfRequirement,
  filesystemRequirement,
  hostRequirements,
  loadRequirement,
  rootRequirement,
  systemdRequirement,
} from '../../src/witness/host.js';
import type { FeltLoads } from '../../src/witness/feel.js';

t.test('this machine: every requirement is answered, and an unmet one says why and what to do', async (t) => {
  const requirements = await hostRequirements();
  t.same(
    requirements.map(({ name }) => name),
    ['root', 'systemd', 'cgroup v2', 'bpffs', 'tracefs', 'kernel BTF', 'BPF programs load'],
  );
  for (const { name, met, reason, wayOut } of requirements)
    if (!met) t.ok(reason && wayOut, `${name}: ${reason}. ${wayOut}`);
  t.equal(requirements[0]?.met, process.getuid?.() === 0);
});

t.test('root is a user id, nothing else', (t) => {
  t.ok(rootRequirement(0).met);
  t.match(rootRequirement(1000), { met: false, reason: 'this runs as user 1000' });
  t.notOk(rootRequirement(undefined).met);
  t.end();
});

t.test('a file system is told by its type, not by its path', async (t) => {
  const procfs = 0x9fa0;
  const wayOut = { wayOut: 'Mount it.' };
  t.same(await filesystemRequirement('procfs', '/proc', procfs, wayOut), { name: 'procfs', met: true });
  t.match(await filesystemRequirement('bpffs', '/proc', 0xcafe4a11, wayOut), {
    met: false,
    reason: '/proc is another kind of file system',
    wayOut: 'Mount it.',
  });
  const absent = join(t.testdir(), 'absent');
  t.match(await filesystemRequirement('bpffs', absent, procfs, wayOut), { met: false, reason: /ENOENT/ });
});

t.test('systemd counts only when a scope really ran', async (t) => {
  const folder = t.testdir({ systemd: 'systemd\n', other: 'runit\n' });
  const systemd = join(folder, 'systemd');
  const scope = (name: string, body: string): string[] => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return [path];
  };
  const works = scope('works', 'shift; exec "$@"');
  t.match(await systemdRequirement(systemd, works), { met: true });
  t.match(await systemdRequirement(join(folder, 'other'), works), {
    met: false,
    reason: 'PID 1 is runit, not systemd',
  });
  t.match(await systemdRequirement(join(folder, 'absent'), works), {
    met: false,
    reason: /PID 1 is unknown/,
  });
  t.match(await systemdRequirement(systemd, scope('dies', 'exit 137')), {
    met: false,
    reason: /systemd-run fails: .*137/,
  });
  t.match(await systemdRequirement(systemd, scope('lies', 'exit 0')), {
    met: false,
    reason: 'systemd-run ran nothing, yet ended well',
  });
  t.match(await systemdRequirement(systemd, [join(folder, 'absent')]), { met: false, reason: /ENOENT/ });
});

t.test('BTF is a file that can be read', async (t) => {
  const folder = t.testdir({ vmlinux: '' });
  t.ok((await btfRequirement(join(folder, 'vmlinux'))).met);
  t.match(await btfRequirement(join(folder, 'absent')), { met: false, reason: /ENOENT/, wayOut: /BTF/ });
});

t.test('BPF programs load when tracing ones do, with or without BPF-LSM', async (t) => {
  const loads: FeltLoads = { lsm: undefined, fmod_ret: undefined, fentry: undefined, tracepoint: undefined };
  const felt = (refused: Partial<FeltLoads>) => () => Promise.resolve({ ...loads, ...refused });
  t.ok((await loadRequirement(felt({}))).met);
  t.ok((await loadRequirement(felt({ lsm: 'EINVAL, invalid argument' }))).met);
  t.match(await loadRequirement(felt({ fentry: 'EPERM, no' })), {
    met: false,
    reason: 'the kernel refused a fentry program (EPERM, no)',
  });
  t.match(await loadRequirement(felt({ fentry: 'EPERM, no', tracepoint: 'EPERM, no' })), {
    met: false,
    reason: /fentry .* and .* tracepoint/,
  });
  t.match(await loadRequirement(() => Promise.reject(new Error('not built'))), {
    met: false,
    reason: 'not built',
  });
});
