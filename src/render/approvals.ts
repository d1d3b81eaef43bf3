import type { PendingApproval } from '../governance/operator.js';
import { table } from '../ui.js';

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

/**
 * Arguments are an agent's words: nothing in them may move the cursor, colour, or turn the direction of the text
 * that a person decides by.
 */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
