import type { Basis, Outcome, Posture, Verdict } from '../../src/governance/index.js';

/** What the verdict function has to answer, written down a second time and not derived from its table. */
export interface Case {
  readonly outcome: Outcome;
  /** Under enforce and unset: action and reason. */
  readonly enforced: readonly [action: Verdict['action'], reason: string];
  /** Under observe, where the action is always allow. */
  readonly observed: string;
  readonly basis: Basis;
  /** Under observe, where it differs: what enforcing would have found wrong was not looked at. */
  readonly observedBasis?: Basis;
}

const query = (answer: unknown): Outcome => ({ kind: 'query', answer });
const approval = (answer: unknown): Outcome => ({ kind: 'approval', answer });
const failure = (word: string): Outcome => ({ kind: 'failure', word });

const denied = (outcome: Outcome, reason: string, basis: Basis = 'could_not_decide'): Case => ({
  outcome,
  enforced: ['deny', reason],
  observed: reason,
  basis,
});

export const cases: readonly Case[] = [
  {
    outcome: query({ decision: 'allow' }),
    enforced: ['allow', 'allowed'],
    observed: 'allowed',
    basis: 'decided',
  },
  {
    outcome: query({ decision: ' Allow\n' }),
    enforced: ['allow', 'allowed'],
    observed: 'allowed',
    basis: 'decided',
  },
  {
    outcome: query({ decision: 'deny' }),
    enforced: ['deny', 'denied'],
    observed: 'would_deny',
    basis: 'decided',
  },
  {
    outcome: query({ decision: 'DENY' }),
    enforced: ['deny', 'denied'],
    observed: 'would_deny',
    basis: 'decided',
  },
  {
    outcome: query({ decision: 'redact', rules: [] }),
    enforced: ['redact', 'redacted'],
    observed: 'would_redact',
    basis: 'decided',
  },
  {
    outcome: query({ decision: 'pending', approvalId: 'a' }),
    enforced: ['wait', 'pending'],
    observed: 'would_wait',
    basis: 'decided',
  },
  ...[undefined, 'all', { length: 1 }, true].map((rules): Case => ({
    outcome: query({ decision: 'redact', rules }),
    enforced: ['deny', 'redaction_failed'],
    observed: 'would_redact',
    basis: 'could_not_decide',
    observedBasis: 'decided',
  })),
  ...[undefined, '', 5, ['a']].map((approvalId): Case => ({
    outcome: query({ decision: 'pending', approvalId }),
    enforced: ['deny', 'malformed_answer'],
    observed: 'would_wait',
    basis: 'could_not_decide',
    observedBasis: 'decided',
  })),
  ...['query_failed', 'channel_closed', 'shutdown', 'error', 'timeout'].map((word) =>
    denied(query({ decision: word }), word),
  ),
  ...[
    'unspecified',
    '',
    'permit',
    'allowed',
    'al low',
    'allow.',
    'allow\u200b',
    'true',
    '__proto__',
    'constructor',
  ].map((decision) => denied(query({ decision }), 'unrecognized_decision')),
  ...[undefined, null, true, 1, ['allow'], { allow: true }, Symbol('allow')].map((decision) =>
    denied(query({ decision }), 'unrecognized_decision'),
  ),
  denied(query({}), 'unrecognized_decision'),
  ...[null, undefined, 'allow', 1, true, ['allow'], [{ decision: 'allow' }], () => 'allow'].map((answer) =>
    denied(query(answer), 'malformed_answer'),
  ),
  denied(query(throwing()), 'malformed_answer'),
  {
    outcome: approval({ decision: 'allow' }),
    enforced: ['allow', 'approved'],
    observed: 'approved',
    basis: 'decided',
  },
  {
    outcome: approval({ decision: 'deny' }),
    enforced: ['deny', 'approval_denied'],
    observed: 'would_deny',
    basis: 'decided',
  },
  denied(approval({ decision: 'pending', approvalId: 'b' }), 'second_pending'),
  denied(approval({ decision: 'timeout' }), 'approval_timeout'),
  denied(approval({ decision: 'channel_closed' }), 'channel_closed'),
  denied(approval({ decision: 'shutdown' }), 'shutdown'),
  ...['Allow', ' allow', 'allow ', 'redact', 'error', ''].map((decision) =>
    denied(approval({ decision }), 'unrecognized_decision'),
  ),
  denied(approval('allow'), 'malformed_answer'),
  ...[
    'query_failed',
    'timeout',
    'channel_closed',
    'malformed_answer',
    'arguments_not_json',
    'redaction_failed',
    'approval_timeout',
    'approval_failed',
    'no_approval_handler',
  ].map((word) => denied(failure(word), word)),
  ...['native_missing', 'runtime_unreachable', 'not_registered'].map((word) =>
    denied(failure(word), word, 'ungoverned'),
  ),
  ...['allow', 'approved', 'no such word', ''].map((word) => denied(failure(word), 'unrecognized_decision')),
];

function throwing(): object {
  return {
    get decision(): string {
      throw new Error('hostile');
    },
  };
}

/** The first thing a verdict function gets wrong, or undefined. */
export function firstMistake(resolve: (posture: Posture, outcome: Outcome) => Verdict): string | undefined {
  for (const { outcome, enforced, observed, basis, observedBasis = basis } of cases) {
    const expected: Record<Posture, readonly [string, string, Basis]> = {
      enforce: [...enforced, basis],
      unset: [...enforced, basis],
      observe: ['allow', observed, observedBasis],
      disabled: ['allow', 'disabled', 'off'],
    };
    for (const [posture, wanted] of Object.entries(expected)) {
      const got = resolve(posture as Posture, outcome);
      const seen = [got.action, got.reason, got.basis];
      if (seen.join() !== wanted.join())
        return `${posture}, ${outcome.kind} ${describe(outcome)}: ${seen.join(' ')} instead of ${wanted.join(' ')}`;
    }
  }
  return undefined;
}

function describe(outcome: Outcome): string {
  if (outcome.kind === 'failure') return outcome.word;
  try {
    return JSON.stringify(outcome.answer) ?? typeof outcome.answer;
  } catch {
    return 'hostile';
  }
}
