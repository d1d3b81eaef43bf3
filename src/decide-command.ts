import { Args, Flags } from '@oclif/core';
import { AegisCommand } from './command.js';
import { Operator } from './governance/operator.js';

/** What `approvals allow` and `approvals deny` have in common: everything but the word. */
export abstract class DecideCommand extends AegisCommand {
  static override args = {
    id: Args.string({ required: true, description: 'from `aegis approvals list`' }),
  };
  static override flags = {
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print one JSON object' }),
  };
  protected abstract readonly decision: 'allow' | 'deny';

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DecideCommand);
    const operator = await Operator.connect(flags);
    try {
      const { tool, agentId } = await operator.decide(args.id, this.decision);
      const { decision } = this;
      this.log(
        flags.json
          ? JSON.stringify({ approvalId: args.id, decision, tool, agentId })
          : `${decision}: ${tool} of agent ${agentId}`,
      );
    } finally {
      operator.close();
    }
  }
}
