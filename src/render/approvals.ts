import type { PendingApproval } from '../governance/operator.js';
import { printable, table } from '../ui.js';

/** The calls that wait, one a line. */
export function renderApprovals(approvals: readonly PendingApproval[]): string {
  if (approvals.length === 0) return 'No call waits for approval.';
  return table([
    ['ID', 'AGENT', 'TOOL', 'WAITS', 'EXPIRES IN', 'ARGUMENTS'],
    ...approvals.map((approval) => [
      approval.approvalId,
      approval.agentId,
      approval.tool,
      seconds(approval.waitingMs),
      seconds(approval.expiresInMs),
      printable(approval.arguments.slice(0, 60)) + (approval.arguments.length > 60 ? '…' : ''),
    ]),
  ]);
}

/** One call with everything a person needs to decide about it. */
export function renderApproval(approval: PendingApproval): string {
  return table([
    ['approval', approval.approvalId],
    ['agent', approval.agentId],
    ['tool', approval.tool],
    ['reason', approval.reason],
    ['waits', seconds(approval.waitingMs)],
    ['expires in', seconds(approval.expiresInMs)],
    ['arguments', printable(approval.arguments)],
  ]);
}

function seconds(milliseconds: number): string {
  return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
}
