import { AegisError } from '../errors.js';
import { chooseAccel, distrustKvm } from './accel.js';
import { prepareBuildDisk } from './build-disk.js';
import type { CacheOptions } from './cache.js';
import type { Hello } from './frames.js';
import { prepareHostDisk } from './host-disk.js';
import { prepareImage } from './image.js';
import { prepareKernel, prepareOwnKernel, type Kernel, type OwnKernel } from './kernel.js';
import { Machine } from './machine.js';
import { kernelParameters, lsmWithBpf, qemuVersion, type Accel, type MachineSpec } from './qemu.js';
import { checkCopies, runCommand, sendFile, type Copy, type Output } from './session.js';

/** One command in one fresh guest. */
export interface GuestJob {
  readonly kernel: string | OwnKernel;
  /** The kernel's LSM list; by default one with BPF-LSM. */
  readonly lsm?: string;
  /** Further kernel parameters; they come last and win. */
  readonly append?: readonly string[];
  readonly copies?: readonly Copy[];
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How long the command may run once it was started. */
  readonly timeoutMs: number;
  /** How long power-on to the guest's channel may take; 120 s by default. */
  readonly bootTimeoutMs?: number;
  readonly memoryMiB?: number;
  readonly cpus?: number;
}

export interface GuestResult {
  /** The command's exit code, or 128 plus the number of the signal that killed it. */
  readonly exitCode: number;
  /** What the guest's own kernel says it is. */
  readonly kernelRelease: string;
  readonly kernelDigest: string;
  readonly imageDigest: string;
  readonly accel: Accel;
  readonly qemuVersion: string;
  /** Power-on to the channel's unit running under systemd. */
  readonly bootMs: number;
  /** Power-on to the machine being gone. */
  readonly totalMs: number;
}

export interface RunGuestOptions extends CacheOptions, Output {
  /** Called once QEMU runs, with its process id. */
  readonly onStart?: (pid: number) => void;
}

const bootTimeoutMs = 120_000;

/**
 * Boots a fresh guest, copies files into it, runs the command as root in a cgroup of its own, and ends the machine.
 * @throws AegisError: UNKNOWN_KERNEL, BAD_ARGUMENT; those of the cache; KERNEL_PANIC, NO_SYSTEMD, MACHINE_LOST and
 * TIMED_OUT with the end of the console's log; COMMAND_FAILED when the guest cannot start the command; INTERRUPTED
 */
export async function runInGuest(job: GuestJob, options: RunGuestOptions): Promise<GuestResult> {
  const { signal } = options;
  await checkCopies(job.copies ?? []);
  const parameters = kernelParameters(job.lsm ?? lsmWithBpf, job.append ?? []);
  const qemu = await qemuVersion(signal);
  const kernel =
    typeof job.kernel === 'string'
      ? await prepareKernel(job.kernel, options)
      : await prepareOwnKernel(job.kernel, options);
  const image = await prepareImage(options);
  const disks = {
    root: image.path,
    build: await prepareBuildDisk(options),
    host: await prepareHostDisk(options),
    modules: kernel.modulesDisk,
  };
  const spec = {
    accel: await chooseAccel(kernel, qemu, signal),
    image: kernel.image,
    initramfs: kernel.initramfs,
    disks,
    memoryMiB: job.memoryMiB ?? 1024,
    cpus: job.cpus ?? 2,
    parameters,
  };
  const { machine, accel, hello, started, bootMs } = await boot(kernel, spec, job, options);
  try {
    options.onProgress(`running on kernel ${hello.kernelRelease}`);
    for (const copy of job.copies ?? []) await sendFile(machine, copy, job.timeoutMs, signal);
    const exitCode = await runCommand(machine, { ...job, env: job.env ?? {} }, options, signal);
    await machine.close();
    return {
      exitCode,
      kernelRelease: hello.kernelRelease,
      kernelDigest: kernel.digest,
      imageDigest: image.digest,
      accel,
      qemuVersion: qemu,
      bootMs,
      totalMs: Math.round(performance.now() - started),
    };
  } finally {
    await machine.close();
  }
}

interface Booted {
  readonly machine: Machine;
  readonly hello: Hello;
  readonly accel: Accel;
  /** Power-on, on the clock of `performance.now`. */
  readonly started: number;
  readonly bootMs: number;
}

/** Powers a machine on and waits for its greeting. One lost under KVM is started again without: the trial was wrong. */
async function boot(
  kernel: Kernel,
  spec: MachineSpec,
  job: GuestJob,
  options: RunGuestOptions,
): Promise<Booted> {
  const { accel } = spec;
  options.onProgress(`booting kernel ${kernel.release} (${accel})`);
  const started = performance.now();
  const machine = await Machine.start(kernel.name, spec);
  try {
    options.onStart?.(machine.pid);
    const hello = await machine.boot(job.bootTimeoutMs ?? bootTimeoutMs, options.signal);
    return { machine, hello, accel, started, bootMs: Math.round(performance.now() - started) };
  } catch (error) {
    await machine.close();
    const isKvmsFault = error instanceof AegisError && ['MACHINE_LOST', 'TIMED_OUT'].includes(error.code);
    if (accel !== 'kvm' || !isKvmsFault) throw error;
    await distrustKvm(options.signal);
    return boot(kernel, { ...spec, accel: 'tcg' }, job, options);
  }
}
