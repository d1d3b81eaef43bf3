import { ApprovalDecisionCommand } from '../../approval-decision-command.js';

export default class ApprovalsDeny extends ApprovalDecisionCommand {
  static override summary = 'Deny a tool call that waits for a person.';
  static override examples = ['<%= config.bin %> approvals deny 15fc4ba84eb3f945'];
  protected override readonly decision = 'deny';
}
