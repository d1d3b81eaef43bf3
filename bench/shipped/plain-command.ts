import { AegisCommand } from '../../src/command.js';
import { packageRoot } from '../../src/paths.js';

/** A command that does nothing. */
class Plain extends AegisCommand {
  async run(): Promise<void> {
    await this.parse(Plain);
  }
}

await Plain.run([], packageRoot);
process.stdout.write(JSON.stringify({ wall_ms: performance.now(), cpu: process.cpuUsage() }));
