import { ApprovalDecisionCommand } from '../../approval-decision-command.js';

export default class ApprovalsAllow extends ApprovalDecisionCommand {
  static override summary = 'Allow a tool call that waits for a person.';
  static override examples = ['<%= config.bin %> approvals allow 15fc4ba84eb3f945'];
  protected override readonly decision = 'allow';
}
