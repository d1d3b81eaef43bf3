import { Flags } from '@oclif/core';
import { AegisCommand } from '../../src/command.js';
import { packageRoot } from '../../src/paths.js';

/** A command that does nothing. */
class Plain extends AegisCommand {
  static override flags = { json: Flags.boolean() };

  async run(): Promise<void> {
    await this.parse(Plain);
  }
}

await Plain.run([], packageRoot);
process.stdout.write(JSON.stringify({ wall_ms: performance.now(), cpu: process.cpuUsage() }));
