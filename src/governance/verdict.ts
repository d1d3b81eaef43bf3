import { failsOpen, type Posture } from './posture.js';

/** What came of asking: an answer (of the query or of the wait for approval), or the word for why there is none. */
export type Outcome =
  | { readonly kind: 'query'; readonly answer: unknown }
  | { readonly kind: 'approval'; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly word: string; readonly message?: string };

/** What to do with the call: `redact` is allow with the rules applied, `wait` is to ask for approval first. */
export type Action = 'allow' | 'deny' | 'redact' | 'wait';

/** Whether the reason is a decision somebody made, or that nobody could be asked. */
export type Basis = 'decided' | 'could_not_decide' | 'ungoverned' | 'off';

export interface Verdict {
  readonly action: Action;
  /** A word of the table below; the same failure has the same word in every record. */
  readonly reason: string;
  readonly basis: Basis;
  /** For people: the policy's reason, or the failure's message. */
  readonly message: string;
  /** With `redact`. */
  readonly rules?: readonly unknown[];
  /** With `wait`. */
  readonly approvalId?: string;
}

type Row = readonly [
  kind: Outcome['kind'],
  word: string,
  enforced: Action,
  reason: string,
  basis: Basis,
  observed: string,
];

/**
 * Every outcome that is known by a word. What is not listed here is denied as `unrecognized_decision`: a word allows
 * only by standing in this table.
 */
// prettier-ignore
const table: readonly Row[] = [
  ['query', 'allow', 'allow', 'allowed', 'decided', 'allowed'],
  ['query', 'deny', 'deny', 'denied', 'decided', 'would_deny'],
  ['query', 'redact', 'redact', 'redacted', 'decided', 'would_redact'],
  ['query', 'pending', 'wait', 'pending', 'decided', 'would_wait'],
  ['query', 'query_failed', 'deny', 'query_failed', 'could_not_decide', 'query_failed'],
  ['query', 'channel_closed', 'deny', 'channel_closed', 'could_not_decide', 'channel_closed'],
  ['query', 'shutdown', 'deny', 'shutdown', 'could_not_decide', 'shutdown'],
  ['query', 'error', 'deny', 'error', 'could_not_decide', 'error'],
  ['query', 'timeout', 'deny', 'timeout', 'could_not_decide', 'timeout'],
  ['approval', 'allow', 'allow', 'approved', 'decided', 'approved'],
  ['approval', 'deny', 'deny', 'approval_denied', 'decided', 'would_deny'],
  ['approval', 'pending', 'deny', 'second_pending', 'could_not_decide', 'second_pending'],
  ['approval', 'timeout', 'deny', 'approval_timeout', 'could_not_decide', 'approval_timeout'],
  ['approval', 'channel_closed', 'deny', 'channel_closed', 'could_not_decide', 'channel_closed'],
  ['approval', 'shutdown', 'deny', 'shutdown', 'could_not_decide', 'shutdown'],
  ['failure', 'query_failed', 'deny', 'query_failed', 'could_not_decide', 'query_failed'],
  ['failure', 'timeout', 'deny', 'timeout', 'could_not_decide', 'timeout'],
  ['failure', 'channel_closed', 'deny', 'channel_closed', 'could_not_decide', 'channel_closed'],
  ['failure', 'malformed_answer', 'deny', 'malformed_answer', 'could_not_decide', 'malformed_answer'],
  ['failure', 'native_missing', 'deny', 'native_missing', 'ungoverned', 'native_missing'],
  ['failure', 'runtime_unreachable', 'deny', 'runtime_unreachable', 'ungoverned', 'runtime_unreachable'],
  ['failure', 'not_registered', 'deny', 'not_registered', 'ungoverned', 'not_registered'],
  ['failure', 'arguments_not_json', 'deny', 'arguments_not_json', 'could_not_decide', 'arguments_not_json'],
  ['failure', 'redaction_failed', 'deny', 'redaction_failed', 'could_not_decide', 'redaction_failed'],
  ['failure', 'approval_timeout', 'deny', 'approval_timeout', 'could_not_decide', 'approval_timeout'],
  ['failure', 'approval_failed', 'deny', 'approval_failed', 'could_not_decide', 'approval_failed'],
  ['failure', 'no_approval_handler', 'deny', 'no_approval_handler', 'could_not_decide', 'no_approval_handler'],
];

/** The words of the table, for tests and proofs that must have a case for each. */
export const knownOutcomes: readonly { readonly kind: Outcome['kind']; readonly word: string }[] = table.map(
  ([kind, word]) => ({ kind, word }),
);

const unrecognized: Row = [
  'query',
  '',
  'deny',
  'unrecognized_decision',
  'could_not_decide',
  'unrecognized_decision',
];

/**
 * Turns what came of asking into what happens to the call. Pure and total: the only place where an outcome becomes
 * allow or deny, an answer for every posture and every value, never an exception.
 */
export function resolveVerdict(posture: Posture, outcome: Outcome): Verdict {
  if (posture === 'disabled')
    return { action: 'allow', reason: 'disabled', basis: 'off', message: 'governance is disabled' };
  const read = readOutcome(outcome);
  const [, , enforced, reason, basis, observed] = rowOf(read);
  const { message } = read;
  if (failsOpen(posture)) return { action: 'allow', reason: observed, basis, message };
  if (enforced === 'redact') {
    if (read.rules) return { action: 'redact', reason, basis, message, rules: read.rules };
    return verdictOfFailure(posture, 'redaction_failed', 'the answer carries no list of rules');
  }
  if (enforced === 'wait') {
    if (read.approvalId) return { action: 'wait', reason, basis, message, approvalId: read.approvalId };
    return verdictOfFailure(posture, 'malformed_answer', 'the answer carries no approval id');
  }
  return { action: enforced, reason, basis, message };
}

function verdictOfFailure(posture: Posture, word: string, message: string): Verdict {
  return resolveVerdict(posture, { kind: 'failure', word, message });
}

interface ReadOutcome {
  readonly kind: Outcome['kind'];
  readonly word: string;
  readonly message: string;
  readonly rules?: readonly unknown[];
  readonly approvalId?: string;
}

function rowOf({ kind, word }: ReadOutcome): Row {
  return table.find((row) => row[0] === kind && row[1] === word) ?? unrecognized;
}

function readOutcome(outcome: Outcome): ReadOutcome {
  try {
    return outcome.kind === 'failure'
      ? { kind: 'failure', word: outcome.word, message: textOf(outcome.message) }
      : readAnswer(outcome.kind, outcome.answer);
  } catch {
    // A getter that throws, or no outcome at all.
    return { kind: 'failure', word: 'malformed_answer', message: 'the answer cannot be read' };
  }
}

function readAnswer(kind: 'query' | 'approval', answer: unknown): ReadOutcome {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return { kind: 'failure', word: 'malformed_answer', message: 'the answer is not an object' };
  const { decision, reason, rules, approvalId } = answer as Record<string, unknown>;
  return {
    kind,
    word: typeof decision === 'string' ? wordOf(kind, decision) : '',
    message: textOf(reason),
    ...(Array.isArray(rules) ? { rules: rules as readonly unknown[] } : {}),
    ...(typeof approvalId === 'string' && approvalId !== '' ? { approvalId } : {}),
  };
}

/** A person's approval has to be exactly the word; a runtime's may differ in case and in blanks around it. */
function wordOf(kind: 'query' | 'approval', decision: string): string {
  return kind === 'query' ? decision.trim().toLowerCase() : decision;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 512) : '';
}
