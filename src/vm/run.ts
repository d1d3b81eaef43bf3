import { open, stat } from 'node:fs/promises';
import { AegisError, messageOf } from '../errors.js';
import { chooseAccel } from './accel.js';
import { prepareBuildDisk } from './build-disk.js';
import type { CacheOptions } from './cache.js';
import { FrameType, decodeEnded, encodeCommand, encodeCopyBegin, maxPayload } from './frames.js';
import { guestPath } from './guest-files.js';
import { prepareHostDisk } from './host-disk.js';
import { prepareImage } from './image.js';
import { prepareKernel, prepareOwnKernel, type OwnKernel } from './kernel.js';
import { Machine } from './machine.js';
import { kernelParameters, lsmWithBpf, qemuVersion, type Accel } from './qemu.js';

/** A file of the host that the guest gets before the command runs, with the same mode. */
export interface Copy {
  readonly from: string;
  /** Absolute path in the guest; folders on the way are made. */
  readonly to: string;
}

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

export interface RunGuestOptions extends CacheOptions {
  readonly onStdout: (bytes: Buffer) => void;
  readonly onStderr: (bytes: Buffer) => void;
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
  const accel = await chooseAccel(kernel, qemu, signal);
  options.onProgress(`booting kernel ${kernel.release} (${accel})`);
  const started = performance.now();
  const machine = await Machine.start(kernel.name, {
    accel,
    image: kernel.image,
    initramfs: kernel.initramfs,
    disks,
    memoryMiB: job.memoryMiB ?? 1024,
    cpus: job.cpus ?? 2,
    parameters,
  });
  try {
    options.onStart?.(machine.pid);
    const hello = await machine.boot(job.bootTimeoutMs ?? bootTimeoutMs, signal);
    const bootMs = performance.now() - started;
    options.onProgress(`running on kernel ${hello.kernelRelease}`);
    for (const copy of job.copies ?? []) await sendFile(machine, copy, job.timeoutMs, signal);
    const exitCode = await runCommand(machine, job, options);
    await machine.close();
    return {
      exitCode,
      kernelRelease: hello.kernelRelease,
      kernelDigest: kernel.digest,
      imageDigest: image.digest,
      accel,
      qemuVersion: qemu,
      bootMs: Math.round(bootMs),
      totalMs: Math.round(performance.now() - started),
    };
  } finally {
    await machine.close();
  }
}

async function sendFile(machine: Machine, copy: Copy, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const file = await open(copy.from, 'r').catch((cause: unknown) => {
    throw new AegisError('BAD_ARGUMENT', `cannot copy ${copy.from}: ${messageOf(cause)}`, { cause });
  });
  try {
    await machine.send(FrameType.copyBegin, encodeCopyBegin((await file.stat()).mode, copy.to));
    const buffer = Buffer.alloc(maxPayload);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, maxPayload);
      if (bytesRead === 0) break;
      await machine.send(FrameType.copyData, buffer.subarray(0, bytesRead));
    }
    await machine.send(FrameType.copyEnd);
  } finally {
    await file.close();
  }
  const frame = await machine.next(timeoutMs, signal);
  if (frame.type === FrameType.refused)
    throw new AegisError(
      'COMMAND_FAILED',
      `cannot copy ${copy.from} to ${copy.to}: ${frame.payload.toString()}`,
    );
  if (frame.type !== FrameType.copied) throw machine.protocolError('it did not confirm a copied file');
}

async function runCommand(machine: Machine, job: GuestJob, options: RunGuestOptions): Promise<number> {
  const env = { PATH: guestPath, HOME: '/root', USER: 'root', LANG: 'C.UTF-8', TERM: 'dumb', ...job.env };
  await machine.send(FrameType.run, encodeCommand(job.argv, env));
  const deadline = performance.now() + job.timeoutMs;
  for (;;) {
    const frame = await machine.next(deadline - performance.now(), options.signal);
    if (frame.type === FrameType.out) options.onStdout(frame.payload);
    else if (frame.type === FrameType.err) options.onStderr(frame.payload);
    else if (frame.type === FrameType.ended) return machine.decode(() => decodeEnded(frame.payload));
    else if (frame.type === FrameType.refused)
      throw new AegisError(
        'COMMAND_FAILED',
        `cannot run the command in the guest: ${frame.payload.toString()}`,
      );
    else throw machine.protocolError(`an unexpected frame of type ${frame.type}`);
  }
}

/** @throws AegisError BAD_ARGUMENT unless every file to copy is a readable regular file and every target absolute */
export async function checkCopies(copies: readonly Copy[]): Promise<void> {
  for (const { from, to } of copies) {
    const found = await stat(from).catch((cause: unknown) => {
      throw new AegisError('BAD_ARGUMENT', `cannot copy ${from}: ${messageOf(cause)}`, { cause });
    });
    if (!found.isFile()) throw new AegisError('BAD_ARGUMENT', `cannot copy ${from}: it is no regular file`);
    if (!to.startsWith('/') || to.endsWith('/'))
      throw new AegisError(
        'BAD_ARGUMENT',
        `cannot copy ${from} to '${to}': it is no absolute path of a file`,
      );
  }
}
