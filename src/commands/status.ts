import { Flags } from '@oclif/core';
import { statusOf } from '../agent/status.js';
import { AegisCommand } from '../command.js';
import { ExitCode } from '../errors.js';
import { renderStatus } from '../render/status.js';

export default class Status extends AegisCommand {
  static override summary = 'Tell what the agent on this machine claims, and whether that is to be believed.';
  static override description = `Reads the posture report of one instance and checks that it speaks of a process that is running now and that
it does not contradict itself. It is still a claim: only \`aegis prove\` shows that it holds.

Exit codes: 0 enforcing, 1 not (or not to be believed), 77 no agent, 99 the report cannot be read.`;
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --instance web --json'];
  static override flags = {
    instance: Flags.string({ default: 'default', helpValue: 'NAME', description: 'which agent' }),
    json: Flags.boolean({ description: 'print one JSON object' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const status = await statusOf(flags.instance);
    this.log(flags.json ? JSON.stringify(status, null, 2) : renderStatus(status));
    if (!status.standing) this.exit(ExitCode.skipped);
    this.exit(status.standing.isEnforcing ? ExitCode.proven : ExitCode.disproven);
  }
}
