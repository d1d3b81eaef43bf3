import { Args, Flags } from '@oclif/core';
import { AegisCommand } from './command.js';
import { decideApproval } from './governance/operator.js';

/** `aegis approvals allow` and `deny`: one command but for the word. */
export abstract class ApprovalDecisionCommand extends AegisCommand {
  static override description =
    'Exit codes: 0 decided, 1 there is no such approval (any more) or this process may not decide, 99 no runtime.';
  static override args = {
    id: Args.string({ required: true, description: 'from `aegis approvals list`' }),
  };
  static override flags = {
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print one JSON object' }),
  };
  protected abstract readonly decision: 'allow' | 'deny';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ApprovalDecisionCommand);
    const decided = await decideApproval(args.id, this.decision, flags);
    this.log(
      flags.json ? JSON.stringify(decided) : `${this.decision}: ${decided.tool} of agent ${decided.agentId}`,
    );
  }
}
