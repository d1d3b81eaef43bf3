import { readFileSync } from 'node:fs';

/**
 * A random UUID (version 4). The kernel hands one out ready-made (random(4)); loading Node's crypto for it would cost
 * every command ten milliseconds, so that is only the way out where /proc is not mounted.
 */
export function correlationId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'ascii').trim();
  } catch {
    return globalThis.crypto.randomUUID();
  }
}
