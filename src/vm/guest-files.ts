import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the guest finds the build under test, laid out as in the repository. */
export const guestBuild = '/opt/aegis';

/** The guest's PATH: the build under test first. */
export const guestPath = `${guestBuild}/build/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/**
 * The folder where systemd, and nothing else, looks for libraries first. The libbpf in it is empty, so that systemd does
 * without: the BPF-LSM program it would attach takes a second of every boot without KVM, and the guest's kernel shall
 * carry no BPF programs but those under test.
 */
export const withoutLibbpf = '/usr/lib/aegis/without-libbpf';

/** Files of the guest that no package brings. */
const files: Readonly<Record<string, string>> = {
  '/etc/hostname': 'aegis-guest\n',
  '/etc/hosts': '127.0.0.1 localhost aegis-guest\n::1 localhost\n',
  [`${withoutLibbpf}/libbpf.so.1`]: '',
  // systemd asks for these at every start, and each is read and linked; whoever needs one can still load it.
  '/etc/modprobe.d/aegis.conf': [
    'autofs4',
    'dmi_sysfs',
    'ip_tables',
    'nfnetlink',
    'qemu_fw_cfg',
    'virtio_rng',
  ]
    .map((module) => `blacklist ${module}\n`)
    .join(''),
  // The initramfs has mounted every disk already.
  '/etc/fstab': '',
  // An empty machine-id would make each boot a first boot, with its presets and its wait for entropy.
  '/etc/machine-id': '61656769732d67756573742d726f6f74\n',
  '/etc/systemd/journald.conf.d/aegis.conf':
    '[Journal]\nStorage=volatile\nForwardToConsole=no\nRateLimitBurst=0\n',
  '/etc/systemd/system.conf.d/aegis.conf':
    '[Manager]\nShowStatus=no\nLogLevel=notice\nDefaultTimeoutStartSec=60s\nDefaultTimeoutStopSec=10s\nCrashAction=reboot\n',
  // A guest whose channel died can tell nothing any more, so it ends.
  // Of the mounts that proofs need, systemd makes securityfs, bpffs and cgroup v2; the initramfs made tracefs.
  '/etc/systemd/system/aegis-guest.service': `[Unit]
Description=Channel of the guest to its host
After=basic.target
FailureAction=poweroff-immediate

[Service]
Type=exec
ExecStart=${guestBuild}/build/bin/aegis-guest
Delegate=yes
DelegateSubgroup=channel
OOMScoreAdjust=-900
StandardOutput=journal+console
StandardError=journal+console
`,
  // Nothing but what proofs need: systemd, its journal, and D-Bus once somebody speaks to it.
  '/etc/systemd/system/aegis.target': `[Unit]
Description=Guest of the embedded lane
Requires=basic.target
Wants=aegis-guest.service
After=basic.target aegis-guest.service
AllowIsolate=yes
`,
};

/** Symbolic links of the guest: path to target. */
const links: Readonly<Record<string, string>> = {
  '/usr/local/bin/node': '/opt/host/bin/node',
  '/usr/local/bin/aegis': `${guestBuild}/bin/run.js`,
  '/etc/systemd/system/default.target': 'aegis.target',
};

/** Units a throw-away guest has no use for; each one masked is time saved at every boot. */
const masked = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'console-getty.service',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'getty@tty1.service',
  'kmod-static-nodes.service',
  'ldconfig.service',
  'modprobe@.service',
  'proc-sys-fs-binfmt_misc.automount',
  'run-lock.mount',
  'serial-getty@ttyS0.service',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-ask-password-console.path',
  'systemd-ask-password-wall.path',
  'systemd-battery-check.service',
  'systemd-binfmt.service',
  'systemd-boot-random-seed.service',
  'systemd-creds.socket',
  'systemd-firstboot.service',
  'systemd-fsck-root.service',
  'systemd-hibernate-clear.service',
  'systemd-hostnamed.socket',
  'systemd-hwdb-update.service',
  'systemd-initctl.socket',
  'systemd-journal-catalog-update.service',
  'systemd-journal-flush.service',
  'systemd-logind.service',
  'systemd-machine-id-commit.service',
  'systemd-modules-load.service',
  'systemd-network-generator.service',
  'systemd-pcrextend.socket',
  'systemd-pcrlock.socket',
  'systemd-pcrphase.service',
  'systemd-pstore.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-sysctl.service',
  'systemd-sysext.socket',
  'systemd-sysusers.service',
  'systemd-tmpfiles-clean.timer',
  'systemd-tmpfiles-setup-dev-early.service',
  'systemd-tmpfiles-setup-dev.service',
  'systemd-tmpfiles-setup.service',
  'systemd-tpm2-setup-early.service',
  'systemd-tpm2-setup.service',
  'systemd-udev-settle.service',
  'systemd-udev-trigger.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udevd.service',
  'systemd-update-done.service',
  'systemd-update-utmp-runlevel.service',
  'systemd-update-utmp.service',
  'systemd-user-sessions.service',
  'tmp.mount',
];

/** What systemd runs before its first unit; none finds anything here, and each costs a process. */
const maskedGenerators = [
  'systemd-debug-generator',
  'systemd-fstab-generator',
  'systemd-getty-generator',
  'systemd-gpt-auto-generator',
  'systemd-hibernate-resume-generator',
  'systemd-rc-local-generator',
  'systemd-run-generator',
  'systemd-ssh-generator',
  'systemd-system-update-generator',
  'systemd-sysv-generator',
  'systemd-tpm2-generator',
];

const folders = ['/opt/aegis', '/opt/host', '/usr/lib/modules'];

const allLinks: Readonly<Record<string, string>> = {
  ...links,
  ...Object.fromEntries(masked.map((unit) => [`/etc/systemd/system/${unit}`, '/dev/null'])),
  ...Object.fromEntries(
    maskedGenerators.map((name) => [`/etc/systemd/system-generators/${name}`, '/dev/null']),
  ),
};

/** What the files put into the image depend on, for the image's recipe. */
export function guestFilesDigest(): string {
  return createHash('sha256')
    .update(JSON.stringify([files, allLinks, folders]))
    .digest('hex');
}

/** Puts the project's own files into an installed guest root. */
export async function addGuestFiles(root: string): Promise<void> {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await writeFile(join(root, path), text, { mode: 0o644 });
  }
  for (const [path, target] of Object.entries(allLinks)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await symlink(target, join(root, path));
  }
}
