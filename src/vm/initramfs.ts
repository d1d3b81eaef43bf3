import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AegisError } from '../errors.js';
import { withoutLibbpf } from './guest-files.js';
import { loadOrder, readModule } from './modules.js';
import { runTool } from './tool.js';

/** What the initramfs prints before systemd takes over; a boot that ends before it never reached the guest's root. */
export const handOverMark = 'aegis-initramfs: handing over';
/** What a trial boot prints instead, as its last act. */
export const trialMark = 'aegis-initramfs: trial boot reached user space';
/** The kernel parameter that asks for a trial boot. */
export const trialParameter = 'aegis.trial';

/**
 * The initramfs' process 1. Disks come in the order of src/vm/qemu.ts. Libraries of the host's node that the guest lacks
 * are linked into /usr/lib, the last folder the dynamic linker looks in, so that they replace nothing of the guest's.
 * What can be mounted here is: each mount unit costs systemd a process, which takes a tenth of a second without KVM.
 */
const init = `#!/bin/busybox sh
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1 </dev/null
mount -t proc proc /proc
init=/sbin/init
for word in $(cat /proc/cmdline); do
  case $word in
    init=*) init=\${word#init=} ;;
    ${trialParameter}) echo '${trialMark}'; poweroff -f ;;
  esac
done
give_up() { echo "aegis-initramfs: $1"; poweroff -f; }
for module in $(cat /load-order); do insmod "$module" || give_up "cannot load $module"; done
for disk in vda vdb vdc vdd; do
  [ -b /dev/$disk ] || give_up "disk $disk is missing: this kernel has neither a module nor built-in support for virtio_pci or virtio_blk"
done
mount -t ext4 -o noatime,errors=panic /dev/vda /root || give_up 'cannot mount the root disk'
mount -t ext4 -o ro /dev/vdb /root/opt/aegis || give_up 'cannot mount the build under test'
mount -t ext4 -o ro /dev/vdc /root/opt/host || give_up "cannot mount the host's programs"
mount -t ext4 -o ro /dev/vdd /root/usr/lib/modules || give_up "cannot mount the kernel's modules"
for library in /root/opt/host/lib/*; do
  [ -e "$library" ] && ln -s "\${library#/root}" /root/usr/lib/
done
mount -t sysfs -o nosuid,nodev,noexec sysfs /root/sys
mount -t tracefs -o nosuid,nodev,noexec tracefs /root/sys/kernel/tracing || give_up 'this kernel has no tracefs'
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /root/tmp
umount /proc
mount --move /dev /root/dev
echo "${handOverMark} to $init" >/root/dev/console
export LD_LIBRARY_PATH=${withoutLibbpf}
exec switch_root -c /dev/console /root "$init"
`;

const applets = ['mount', 'umount', 'cat', 'insmod', 'ln', 'poweroff', 'switch_root'];

/** What of this file an initramfs depends on, for the recipe of whoever keeps one. */
export function initramfsDigest(): string {
  return createHash('sha256')
    .update(JSON.stringify([init, applets]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Writes an uncompressed initramfs: without KVM, decompressing costs more than the bytes.
 * @param modules the kernel's module folder, with its modules.dep
 * @param target the file to write
 * @param scratch an empty folder to stage it in
 * @throws AegisError TOOL_MISSING without a static busybox
 */
export async function writeInitramfs(
  modules: string,
  modulesDep: string,
  target: string,
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  for (const name of ['bin', 'dev', 'proc', 'root', 'modules'])
    await mkdir(join(scratch, name), { recursive: true });
  await copyFile('/bin/busybox', join(scratch, 'bin', 'busybox')).catch((cause: unknown) => {
    throw new AegisError('TOOL_MISSING', 'cannot make an initramfs: /bin/busybox is missing', {
      wayOut: 'Install the package busybox-static.',
      cause,
    });
  });
  const names = ['bin', 'bin/busybox', 'dev', 'proc', 'root', 'modules', 'init', 'load-order'];
  for (const applet of applets) {
    await symlink('busybox', join(scratch, 'bin', applet));
    names.push(`bin/${applet}`);
  }
  const order: string[] = [];
  for (const file of loadOrder(modulesDep)) {
    const name = `modules/${order.length}.ko`;
    await writeFile(join(scratch, name), await readModule(join(modules, file), signal));
    order.push(`/${name}`);
  }
  await writeFile(join(scratch, 'load-order'), order.join('\n'));
  await writeFile(join(scratch, 'init'), init);
  await chmod(join(scratch, 'init'), 0o755);
  const list = [...names, ...order.map((path) => path.slice(1))];
  const archive = await runTool(
    'pack the initramfs',
    ['cpio', '--create', '--format=newc', '--owner=0:0', '--quiet'],
    {
      signal,
      cwd: scratch,
      input: `${list.join('\n')}\n`,
    },
  );
  await writeFile(target, archive);
}
