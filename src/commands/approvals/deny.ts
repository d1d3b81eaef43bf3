import { Args, Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { decideApproval } from '../../governance/operator.js';

export default class ApprovalsDeny extends AegisCommand {
  static override summary = 'Deny a tool call that waits for a person.';
  static override description =
    'Exit codes: 0 decided, 1 there is no such approval (any more) or this process may not decide, 99 no runtime.';
  static override examples = ['<%= config.bin %> approvals deny 15fc4ba84eb3f945'];
  static override args = {
    id: Args.string({ required: true, description: 'from `aegis approvals list`' }),
  };
  static override flags = {
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print one JSON object' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ApprovalsDeny);
    const decided = await decideApproval(args.id, 'deny', flags);
    this.log(flags.json ? JSON.stringify(decided) : `deny: ${decided.tool} of agent ${decided.agentId}`);
  }
}
