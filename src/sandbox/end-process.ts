import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends a child and waits for it; one that has ended by itself, at whatever moment, is not waited for again. */
export async function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!isAlive(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  // A stopped process takes SIGTERM only when it runs again.
  if (signal === 'SIGTERM') child.kill('SIGCONT');
  await ended;
}

/** Whether it has not been seen to end. */
export function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
