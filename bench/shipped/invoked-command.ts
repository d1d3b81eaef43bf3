import { Flags } from '@oclif/core';
import { InvocationCommand } from '../../src/invocation-command.js';
import { packageRoot } from '../../src/paths.js';

/** The same command, between hooks and in the ledger. */
class Invoked extends InvocationCommand {
  static override flags = { json: Flags.boolean() };

  async run(): Promise<void> {
    await this.parse(Invoked);
  }
}

await Invoked.run([], packageRoot);
process.stdout.write(JSON.stringify({ wall_ms: performance.now(), cpu: process.cpuUsage() }));
