import { AegisError } from '../errors.js';
import { runTool } from './tool.js';

/** The program the lane boots guests with. */
export const qemuProgram = 'qemu-system-x86_64';
/** 7.2 miscompiles cmpxchg16b without KVM: kernels from 6.12 on oops in one boot of three. */
export const oldestQemu = 10;
/** The name of the virtio port; native/guest/main.cpp looks for it. */
export const portName = 'aegis.channel';

export type Accel = 'kvm' | 'tcg';

/** The LSM list of a kernel without BPF-LSM; `,bpf` appended makes it one with. */
export const lsmWithoutBpf = 'lockdown,capability,yama,apparmor';
export const lsmWithBpf = `${lsmWithoutBpf},bpf`;

/** The disks of a guest, in the order the initramfs expects them. */
export interface Disks {
  readonly root: string;
  readonly build: string;
  readonly host: string;
  readonly modules: string;
}

export interface MachineSpec {
  readonly accel: Accel;
  readonly image: string;
  readonly initramfs: string;
  /** Without disks only a trial boot is possible. */
  readonly disks?: Disks;
  readonly memoryMiB: number;
  readonly cpus: number;
  /** Kernel parameters; see `kernelParameters`. */
  readonly parameters: readonly string[];
}

/** File descriptors of QEMU that are sockets to this process. */
export const channelFd = 3;
export const consoleFd = 4;

/** A text option value of QEMU: a comma starts the next option unless doubled. */
function value(text: string): string {
  return text.replaceAll(',', ',,');
}

/** QEMU's arguments. Nothing of it touches the network, a display, or the files of the disks. */
export function qemuArguments(spec: MachineSpec): string[] {
  const { disks } = spec;
  const images = disks ? [disks.root, disks.build, disks.host, disks.modules] : [];
  return [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-no-reboot',
    '-machine',
    'pc,graphics=off,vmport=off,hpet=off',
    ...(spec.accel === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off']),
    '-smp',
    String(spec.cpus),
    '-m',
    `${spec.memoryMiB}M`,
    '-kernel',
    spec.image,
    '-initrd',
    spec.initramfs,
    '-append',
    spec.parameters.join(' '),
    '-chardev',
    `socket,id=console,fd=${consoleFd}`,
    '-serial',
    'chardev:console',
    // When the host's disk is full the guest shall see an error and panic: QEMU's default is to pause it for ever.
    // Only the root is written to; its overlay is a deleted temporary file that QEMU alone holds.
    ...images.flatMap((file, index) => [
      '-drive',
      `file=${value(file)},format=raw,if=none,id=disk${index},cache=unsafe,${index === 0 ? 'snapshot=on,werror=report' : 'read-only=on'}`,
      '-device',
      `virtio-blk-pci,drive=disk${index}`,
    ]),
    '-device',
    'virtio-rng-pci',
    '-device',
    'virtio-serial-pci',
    '-chardev',
    `socket,id=channel,fd=${channelFd}`,
    '-device',
    `virtserialport,chardev=channel,name=${portName}`,
  ];
}

/**
 * The guest kernel's parameters. A panic or an oops ends the machine at once, because what follows proves nothing.
 * @throws AegisError BAD_ARGUMENT when the LSM list is none
 */
export function kernelParameters(lsm: string, append: readonly string[]): string[] {
  if (!/^[a-z0-9_]+(,[a-z0-9_]+)*$/.test(lsm))
    throw new AegisError('BAD_ARGUMENT', `cannot boot with lsm=${lsm}: it is no list of LSM names`, {
      wayOut: `Give names separated by commas, such as ${lsmWithBpf}.`,
    });
  return [
    'console=ttyS0',
    'quiet',
    'panic=-1',
    'oops=panic',
    `lsm=${lsm}`,
    // All of these only cost time: the guest is thrown away and nobody attacks it from outside. The clock's watchdog
    // is not among them: on a busy host the TSC is at times measured wrong by half, and deadlines with it.
    'mitigations=off',
    'nowatchdog',
    // Taking BPF programs down waits for several grace periods each.
    'rcupdate.rcu_expedited=1',
    'no_timer_check',
    'random.trust_cpu=on',
    'cryptomgr.notests',
    '8250.nr_uarts=1',
    'audit=0',
    ...append,
  ];
}

/** The version of the installed QEMU. */
export async function qemuVersion(signal: AbortSignal): Promise<string> {
  const wayOut = 'Run `npm run setup`, which installs it.';
  let output: Buffer;
  try {
    output = await runTool('boot a guest', [qemuProgram, '--version'], {
      signal,
      code: 'QEMU_MISSING',
      wayOut,
    });
  } catch (cause) {
    if (cause instanceof AegisError && cause.code === 'TOOL_MISSING')
      throw new AegisError('QEMU_MISSING', cause.message, { wayOut, cause });
    throw cause;
  }
  const version = /version (\d+\.\d+\.\d+)/.exec(output.toString('utf8'))?.[1];
  if (!version)
    throw new AegisError('QEMU_MISSING', `cannot boot a guest: ${qemuProgram} does not tell its version`, {
      wayOut,
    });
  if (Number.parseInt(version, 10) < oldestQemu)
    throw new AegisError('QEMU_TOO_OLD', `cannot boot a guest: QEMU ${version} is older than ${oldestQemu}`, {
      wayOut:
        'Run `npm run setup`, which installs a newer one; older ones miscompile cmpxchg16b without KVM.',
    });
  return version;
}
