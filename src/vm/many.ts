import { availableParallelism, freemem } from 'node:os';
import { readFileSync } from 'node:fs';

/** What one guest takes of the host's memory, QEMU's own included. */
const guestMiB = 1536;
/** More guests at a time gain nothing: without KVM each keeps a core busy. */
const mostGuests = 2;

/** How many guests this machine runs at a time: two when cores and memory allow, else one. */
export function guestsAtATime(cores = availableParallelism(), freeMiB = availableMiB()): number {
  return Math.max(1, Math.min(mostGuests, cores, Math.floor(freeMiB / guestMiB)));
}

/**
 * Runs the jobs, as many at a time as the machine allows, started in their order. Every job that was started is waited
 * for; after a failure no further one is started.
 * @returns what each job returned, in their order
 * @throws the first job's error
 */
export async function runMany<T>(
  jobs: readonly (() => Promise<T>)[],
  atATime: number = guestsAtATime(),
): Promise<T[]> {
  const results = new Map<number, T>();
  const failures: unknown[] = [];
  const queue = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [index, job] of queue) {
      try {
        results.set(index, await job());
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  if (failures.length > 0) throw failures[0];
  return jobs.map((_, index) => results.get(index) as T);
}

/** Memory that can be had without swapping; `os.freemem` would count the page cache as used. */
function availableMiB(): number {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
    if (kib) return Number(kib) / 1024;
  } catch {
    // Without /proc the kernel's own count has to do.
  }
  return freemem() / 1024 / 1024;
}
