import { Args, Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { AegisError } from '../../errors.js';
import { Operator } from '../../governance/operator.js';
import { renderApproval, renderApprovals } from '../../render/approvals.js';

export default class ApprovalsList extends AegisCommand {
  static override summary = 'List the tool calls that wait for a person.';
  static override examples = [
    '<%= config.bin %> approvals list',
    '<%= config.bin %> approvals list 15fc4ba84eb3f945',
  ];
  static override args = {
    id: Args.string({ description: 'one approval, with its arguments in full' }),
  };
  static override flags = {
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print one JSON value' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ApprovalsList);
    const operator = await Operator.connect(flags);
    try {
      const status = await operator.status(args.id);
      if (!status.isOperator)
        throw new AegisError(
          'RUNTIME_REFUSED',
          'cannot list approvals: this process belongs to a registered agent',
          {
            wayOut: 'Ask from a terminal that no agent started.',
          },
        );
      const { approval, approvals = [] } = status;
      if (approval) this.log(flags.json ? JSON.stringify(approval) : renderApproval(approval));
      else this.log(flags.json ? JSON.stringify(approvals) : renderApprovals(approvals));
    } finally {
      operator.close();
    }
  }
}
