import type { Writable } from 'node:stream';
import { handle, run } from '@oclif/core';

/**
 * Runs the command line: oclif finds the commands by the package.json above `from`.
 *
 * A command's exit code arrives as an error, and oclif answers it with `process.exit`, which throws away what a pipe
 * has not taken yet. A record must not be cut in half because its reader was slow, so everything is written first.
 */
export async function main(from: string): Promise<void> {
  try {
    await run(process.argv.slice(2), from);
  } catch (error) {
    await Promise.all([written(process.stdout), written(process.stderr)]);
    await handle(error as Error);
  }
}

/** Resolves when all that was written before has been taken, or never will be. */
async function written(stream: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}
