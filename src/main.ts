import { execute } from '@oclif/core';

/** Runs the command line: oclif finds the commands by package.json. */
export async function main(from: string): Promise<void> {
  await execute({ dir: from });
}
