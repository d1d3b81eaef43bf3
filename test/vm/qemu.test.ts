import { chmodSync } from 'node:fs';
import t from 'tap';
import {
  kernelParameters,
  lsmWithBpf,
  qemuArguments,
  qemuVersion,
  type MachineSpec,
} from '../../src/vm/qemu.js';

const { signal } = new AbortController();
const spec: MachineSpec = {
  accel: 'tcg',
  image: '/k/vmlinuz',
  initramfs: '/k/initramfs',
  disks: { root: '/d/a,b=c', build: '/d/build', host: '/d/host', modules: '/d/modules' },
  memoryMiB: 768,
  cpus: 2,
  parameters: ['console=ttyS0', 'quiet'],
};
const valuesOf = (argv: readonly string[], option: string) =>
  argv.flatMap((word, at) => (word === option ? [argv[at + 1] ?? ''] : []));

t.test('disks come in the order the initramfs expects, and no guest writes to one', async (t) => {
  const drives = valuesOf(qemuArguments(spec), '-drive');
  t.equal(drives.length, 4);
  t.match(
    drives[0],
    /^file=\/d\/a,,b=c,.*snapshot=on,werror=report$/,
    'the root has a throw-away overlay; a comma is no option',
  );
  for (const [index, name] of ['build', 'host', 'modules'].entries())
    t.match(drives[index + 1], new RegExp(`^file=/d/${name},.*read-only=on$`));
});

t.test('a machine has neither network nor display, and ends where it would start anew', async (t) => {
  const argv = qemuArguments(spec);
  for (const word of ['-nodefaults', '-no-reboot', '-no-user-config']) t.ok(argv.includes(word), word);
  t.notOk(argv.some((word) => /netdev|-nic|virtio-net/.test(word)));
  t.same(valuesOf(argv, '-append'), ['console=ttyS0 quiet']);
  t.same(valuesOf(argv, '-m'), ['768M']);
  t.match(valuesOf(argv, '-accel'), ['tcg,thread=multi']);
  t.match(valuesOf(qemuArguments({ ...spec, accel: 'kvm' }), '-accel'), ['kvm']);
});

t.test('the kernel parameters', async (t) => {
  const parameters = kernelParameters(lsmWithBpf, ['lockdown=integrity', 'quiet']);
  for (const word of ['panic=-1', 'oops=panic', `lsm=${lsmWithBpf}`]) t.ok(parameters.includes(word), word);
  t.same(parameters.slice(-2), ['lockdown=integrity', 'quiet'], "one's own come last");
  for (const bad of ['', 'a b', 'bpf,', 'bpf init=/bin/sh', ',bpf', 'BPF'])
    t.throws(() => kernelParameters(bad, []), { code: 'BAD_ARGUMENT' }, JSON.stringify(bad));
});

t.test('the version of QEMU', async (t) => {
  const say = (text: string) => {
    const folder = t.testdir({ 'qemu-system-x86_64': `#!/bin/sh\necho '${text}'\n` });
    chmodSync(`${folder}/qemu-system-x86_64`, 0o755);
    return t.intercept(process, 'env', { value: { ...process.env, PATH: `${folder}:/usr/bin:/bin` } });
  };
  say('QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)');
  t.equal(await qemuVersion(signal), '10.0.2');
  say('QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7)');
  await t.rejects(qemuVersion(signal), { code: 'QEMU_TOO_OLD', message: /7\.2\.19 is older than 10/ });
  say('no version at all');
  await t.rejects(qemuVersion(signal), { code: 'QEMU_MISSING' });
  t.intercept(process, 'env', { value: { ...process.env, PATH: t.testdir({}) } });
  await t.rejects(qemuVersion(signal), { code: 'QEMU_MISSING', message: /is not installed/, exitCode: 99 });
});
