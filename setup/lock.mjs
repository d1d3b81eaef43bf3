import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { SetupError } from './error.mjs';
import { makeFolder } from './make-folder.mjs';

/**
 * Holds an exclusive lock while `work` runs, waiting for whoever has it. The kernel's own flock(2), held by a child
 * that ends with its standard input: whatever way this process dies, the lock is free at once and never stale.
 * @template T
 * @param {string} file created when it is not there
 * @param {() => void} onWait called once, when somebody else holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  makeFolder(dirname(file));
  const release = (await acquire(file, ['--nonblock'])) ?? (onWait(), await acquire(file, []));
  try {
    return await work();
  } finally {
    await release();
  }
}

const HELD = 'held';

/** @returns {Promise<(() => Promise<void>) | undefined>} how to release the lock; undefined when it is taken */
function acquire(file, flags) {
  return new Promise((resolve, reject) => {
    const holder = spawn('flock', ['--exclusive', ...flags, file, 'sh', '-c', `echo ${HELD}; exec cat`], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Its own group: Ctrl-C must not free the lock while the tool at work is still ending.
      detached: true,
    });
    const ended = new Promise((done) => holder.on('close', done));
    holder.on('error', (cause) =>
      reject(
        new SetupError(`cannot lock ${file}: ${cause.message}`, { wayOut: 'Install util-linux.', cause }),
      ),
    );
    holder.stdout.once('data', () =>
      resolve(async () => {
        holder.stdin.end();
        await ended;
      }),
    );
    ended.then((code) => {
      if (code === 1 && flags.length > 0) resolve(undefined);
      else reject(new SetupError(`cannot lock ${file}: flock ended with exit code ${code}`));
    });
  });
}
