import { readFile } from 'node:fs/promises';
import { release } from 'node:os';

/** What the running kernel says of itself. Listed is not felt: an LSM in `lsms` may still never be called. */
export interface KernelFacts {
  readonly release: string;
  readonly bootId: string;
  /** The active LSMs in the kernel's own order, or undefined where securityfs does not tell. */
  readonly lsms: readonly string[] | undefined;
  /** `none`, `integrity` or `confidentiality`, or undefined where the kernel does not tell. */
  readonly lockdown: string | undefined;
}

async function readTrimmed(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

/** Reads the facts from /proc and securityfs; what cannot be read stays undefined. */
export async function readKernelFacts(): Promise<KernelFacts> {
  const [bootId, lsms, lockdown] = await Promise.all([
    readTrimmed('/proc/sys/kernel/random/boot_id'),
    readTrimmed('/sys/kernel/security/lsm'),
    readTrimmed('/sys/kernel/security/lockdown'),
  ]);
  return {
    release: release(),
    bootId: bootId ?? '',
    lsms: lsms?.split(',').filter(Boolean),
    // The active level stands in brackets: "none [integrity] confidentiality".
    lockdown: lockdown && /\[(\w+)\]/.exec(lockdown)?.[1],
  };
}
