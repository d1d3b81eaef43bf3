import { DecideCommand } from '../../decide-command.js';

export default class ApprovalsDeny extends DecideCommand {
  static override summary = 'Deny a tool call that waits for a person.';
  static override description =
    'Exit codes: 0 decided, 1 there is no such approval (any more) or this process may not decide, 99 no runtime.';
  static override examples = ['<%= config.bin %> approvals deny 15fc4ba84eb3f945'];
  protected override readonly decision = 'deny';
}
