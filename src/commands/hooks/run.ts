import { Flags } from '@oclif/core';
import { AegisError } from '../../errors.js';
import { actOf } from '../../hooks/external-act.js';
import { InvocationCommand } from '../../invocation-command.js';

export default class HooksRun extends InvocationCommand {
  static override summary = 'Run any command between the lifecycle hooks.';
  static override description = `The command's output and exit code are its own: 128+n when it died of signal n, 124 when its time was over,
126 when it cannot be executed, 127 when it is not found. 1 when a hook blocked it; 130 or 143 when cancelled.`;
  static override examples = [
    '<%= config.bin %> hooks run -- systemctl restart aegis-agent',
    '<%= config.bin %> hooks run --timeout 60 -- ./deploy.sh',
  ];
  static override usage = 'hooks run [--timeout SECONDS] [--require-ledger] -- COMMAND...';
  static override strict = false;
  static override flags = {
    timeout: Flags.integer({
      min: 1,
      max: 86_400,
      helpValue: 'SECONDS',
      description: 'end the command, its whole process group, after this time',
    }),
  };

  async run(): Promise<void> {
    const dashes = this.argv.indexOf('--');
    const command = dashes < 0 ? [] : this.argv.slice(dashes + 1);
    const { flags, argv } = await this.parse(HooksRun, dashes < 0 ? this.argv : this.argv.slice(0, dashes));
    if (command.length === 0 || argv.length > 0)
      throw new AegisError('BAD_ARGUMENT', 'cannot tell which command to run', {
        wayOut: 'Put it behind two dashes: aegis hooks run -- COMMAND...',
      });
    this.endWith(await actOf(command, { timeoutSeconds: flags.timeout, signal: this.cancelled }));
  }
}
