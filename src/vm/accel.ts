import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot, inCache, makeCacheFolder } from './cache.js';
import type { Kernel } from './kernel.js';
import { trialMark, trialParameter } from './initramfs.js';
import { withLock } from './lock.js';
import { Machine } from './machine.js';
import { kernelParameters, lsmWithoutBpf, type Accel } from './qemu.js';
import { throwIfAborted } from './tool.js';

/** A trial boot under KVM takes less than a second; a broken KVM hangs or dies. */
const trialDeadlineMs = 15_000;

/**
 * KVM when a boot under it works, TCG otherwise. That /dev/kvm opens is no evidence: nested virtualization may be
 * refused later. The verdict is kept for this boot of the host, this QEMU and this guest kernel.
 */
export async function chooseAccel(kernel: Kernel, qemu: string, signal: AbortSignal): Promise<Accel> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const key = `${bootId} ${qemu} ${kernel.digest}`;
  const file = join(cacheRoot(), 'accel.json');
  const verdict = (await readVerdicts(file))[key];
  if (verdict) return verdict;
  await makeCacheFolder(cacheRoot());
  return withLock(`${file}.lock`, { signal }, async () => {
    const known = await readVerdicts(file);
    const meanwhile = known[key];
    if (meanwhile) return meanwhile;
    const accel = (await worksWithKvm(kernel, signal)) ? 'kvm' : 'tcg';
    throwIfAborted(signal, 'find out whether KVM works');
    await remember(file, { ...sameBoot(known, bootId), [key]: accel });
    return accel;
  });
}

/** Forgets KVM for this boot of the host: it passed the trial and then lost a machine. */
export async function distrustKvm(signal: AbortSignal): Promise<void> {
  const file = join(cacheRoot(), 'accel.json');
  await withLock(`${file}.lock`, { signal }, async () => {
    const known = await readVerdicts(file);
    await remember(file, Object.fromEntries(Object.keys(known).map((key) => [key, 'tcg'])));
  });
}

type Verdicts = Readonly<Record<string, Accel>>;

async function readVerdicts(file: string): Promise<Verdicts> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Verdicts;
  } catch {
    return {};
  }
}

function sameBoot(verdicts: Verdicts, bootId: string): Verdicts {
  return Object.fromEntries(Object.entries(verdicts).filter(([key]) => key.startsWith(bootId)));
}

async function remember(file: string, verdicts: Verdicts): Promise<void> {
  const fresh = `${file}.${randomUUID()}`;
  await inCache(() => writeFile(fresh, JSON.stringify(verdicts, null, 2), { flag: 'wx' }));
  await inCache(() => rename(fresh, file));
}

async function worksWithKvm(kernel: Kernel, signal: AbortSignal): Promise<boolean> {
  const machine = await Machine.start(kernel.name, {
    accel: 'kvm',
    image: kernel.image,
    initramfs: kernel.initramfs,
    memoryMiB: 512,
    cpus: 2,
    parameters: kernelParameters(lsmWithoutBpf, [trialParameter]),
  });
  try {
    await machine.powerOff(trialDeadlineMs, signal);
  } catch {
    // A hang is an answer, too.
  } finally {
    await machine.close();
  }
  return machine.consoleLog.includes(trialMark);
}
