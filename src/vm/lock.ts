import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AegisError } from '../errors.js';
import { throwIfAborted } from './tool.js';

/**
 * Holds an exclusive lock on `path` while `work` runs. The lock is flock(2), held by a child that lives as long as its
 * standard input: when this process dies, however it dies, the kernel closes that pipe and the lock is free.
 * @param onWait called once when somebody else has the lock
 * @throws AegisError INTERRUPTED when `signal` fires while it waits; TOOL_MISSING without flock(1)
 */
export async function withLock<T>(
  path: string,
  options: { signal: AbortSignal; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal, `lock ${path}`);
  // The text is constant: the path is an argument of flock, never part of what the shell reads.
  const child = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close').catch(() => undefined);
  const abandon = () => child.kill('SIGKILL');
  options.signal.addEventListener('abort', abandon, { once: true });
  const waiting = setTimeout(() => options.onWait?.(), 500);
  try {
    const held = await new Promise<boolean>((resolve, reject) => {
      child.stdout.once('data', () => resolve(true));
      child.once('close', () => resolve(false));
      child.once('error', (cause) =>
        reject(new AegisError('TOOL_MISSING', `cannot lock ${path}: flock(1) does not start`, { cause })),
      );
    });
    throwIfAborted(options.signal, `lock ${path}`);
    if (!held)
      throw new AegisError('CACHE_UNWRITABLE', `cannot lock ${path}: flock(1) failed`, {
        wayOut: 'Check who owns the cache folder, or point XDG_CACHE_HOME at one of your own.',
      });
    clearTimeout(waiting);
    // Once held, an abort must not free the lock while `work` still takes things down.
    options.signal.removeEventListener('abort', abandon);
    return await work();
  } finally {
    clearTimeout(waiting);
    options.signal.removeEventListener('abort', abandon);
    child.stdin.on('error', () => undefined);
    child.stdin.end();
    await ended;
  }
}
