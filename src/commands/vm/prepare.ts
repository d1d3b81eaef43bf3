import { Args, Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { Progress, table } from '../../ui.js';
import { kernelNames, prepareLane } from '../../vm/index.js';

export default class VmPrepare extends AegisCommand {
  static override summary =
    'Fetch and make what the virtual machines need, so that later runs need no network.';
  static override description = `Fetches kernels from the archive of their Debian suite and makes the guest's disk. What is in the cache and intact is
left as it is; what is corrupt is fetched again.

Exit codes: 0 ready; 2 misuse; 99 something could not be fetched or made.`;
  static override examples = [
    '<%= config.bin %> vm prepare',
    '<%= config.bin %> vm prepare 5.10 6.12 --json',
  ];
  static override strict = false;
  static override args = {
    kernel: Args.string({ description: `kernels to prepare (default: ${kernelNames.join(', ')})` }),
  };
  static override flags = {
    json: Flags.boolean({ description: 'print the kernels with their packages and digests as JSON' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(VmPrepare);
    const { signal, exitCodeIfInterrupted } = this.interruption();
    const progress = new Progress();
    try {
      const kernels = await prepareLane({
        kernels: argv as string[],
        signal,
        onProgress: (text) => progress.update(text),
      });
      progress.clear();
      if (flags.json) {
        const listed = kernels.map(({ name, release, packages, digest }) => ({
          name,
          release,
          digest,
          packages,
        }));
        this.log(JSON.stringify(listed, null, 2));
      } else {
        this.log(table(kernels.map(({ name, release, digest }) => [name, release, `sha256:${digest}`])));
      }
    } catch (error) {
      const code = exitCodeIfInterrupted();
      if (code === undefined) throw error;
      this.exit(code);
    } finally {
      progress.clear();
    }
  }
}
