import { join } from 'node:path';
import { packageRoot } from '../src/paths.js';
import { run, type Ended, type RunOptions } from '../src/sandbox/run.js';

/** Runs the shipped command line as a user would, outside any terminal. */
export async function aegis(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return await run([process.execPath, join(packageRoot, 'bin', 'run.js'), ...args], {
    timeoutMs: 60_000,
    ...options,
  });
}
