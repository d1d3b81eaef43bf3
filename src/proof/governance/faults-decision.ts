import { answer, type FalseRuntimeScript } from './false-runtime.js';
import { decided, sameReason, undecided, type Expected, type Fault } from './fault.js';
import { tools } from './stage.js';

const sentinels = ['query_failed', 'channel_closed', 'shutdown', 'error', 'timeout'] as const;

/** What the runtime might say in place of a decision; the name says what it is. */
const answers: readonly (readonly [name: string, result: unknown, expected: Expected])[] = [
  ...sentinels.map(
    (word) => [`sentinel-${word.replace('_', '-')}`, { decision: word }, undecided(word)] as const,
  ),
  ['decision-unspecified', { decision: 'unspecified' }, undecided('unrecognized_decision')],
  ['decision-empty', { decision: '' }, undecided('unrecognized_decision')],
  ['decision-missing', { reason: 'allow' }, undecided('unrecognized_decision')],
  ['decision-unknown-word', { decision: 'permit' }, undecided('unrecognized_decision')],
  ['decision-almost-allow', { decision: 'allowed' }, undecided('unrecognized_decision')],
  ['decision-invisibly-padded', { decision: 'allow\u200b' }, undecided('unrecognized_decision')],
  ['decision-true', { decision: true }, undecided('unrecognized_decision')],
  ['decision-in-a-list', { decision: ['allow'] }, undecided('unrecognized_decision')],
  ['answer-null', null, undecided('malformed_answer')],
  ['answer-text', 'allow', undecided('malformed_answer')],
  ['answer-number', 1, undecided('malformed_answer')],
  ['answer-list', ['allow'], undecided('malformed_answer')],
];

const asking = (script: FalseRuntimeScript): Fault['play'] => {
  return async (stage) => {
    await stage.falseRuntime(script);
    await stage.startWell();
    return stage.call(tools.allowed);
  };
};

const answering = (result: unknown) =>
  asking({ onQuery: (socket, request) => answer(socket, request, result) });

/** Every kind of decision, good and bad, as it comes over the wire. */
export const decisionFaults: readonly Fault[] = [
  ...answers.map(([name, result, expected]): Fault => ({
    name,
    claim: `${JSON.stringify(result)} is no allow.`,
    covers: sentinels.some((word) => word === expected.reason) ? [`query:${expected.reason}`] : [],
    ...sameReason(expected),
    play: answering(result),
  })),
  {
    name: 'decision-padded-and-capital',
    claim: 'Blanks around the word and capital letters do not change it.',
    covers: ['query:allow'],
    ...sameReason(decided(true, 'allowed')),
    play: answering({ decision: ' ALLOW ' }),
  },
  {
    name: 'redaction-without-rules',
    claim: 'A redaction that does not say what to redact lets nothing through.',
    covers: ['failure:redaction_failed'],
    enforced: undecided('redaction_failed'),
    observed: { reason: 'would_redact', basis: 'decided' },
    play: answering({ decision: 'redact' }),
  },
  {
    name: 'redaction-that-cannot-be-applied',
    claim: 'A secret that cannot be hidden does not go on.',
    covers: ['failure:redaction_failed', 'query:redact'],
    enforced: undecided('redaction_failed'),
    observed: { reason: 'would_redact', basis: 'decided' },
    play: answering({ decision: 'redact', rules: [{ path: '/not/there', replacement: 'x' }] }),
  },
  {
    name: 'pending-without-an-id',
    claim: 'A call that waits for nobody knows what does not run.',
    covers: ['failure:malformed_answer'],
    enforced: undecided('malformed_answer'),
    observed: { reason: 'would_wait', basis: 'decided' },
    play: answering({ decision: 'pending' }),
  },
  ...['channel_closed', 'timeout', 'Allow', ' allow'].map((decision): Fault => ({
    name: `approval-answered-${decision === ' allow' ? 'padded' : decision.toLowerCase().replace('_', '-')}`,
    claim: `An approval answered ${JSON.stringify(decision)} is none.`,
    covers: decision.includes('llow') ? [] : [`approval:${decision}`],
    enforced: undecided(
      { channel_closed: 'channel_closed', timeout: 'approval_timeout' }[decision] ?? 'unrecognized_decision',
    ),
    observed: { reason: 'would_wait', basis: 'decided' },
    play: asking({
      onQuery: (socket, request) => answer(socket, request, { decision: 'pending', approvalId: 'a1' }),
      onWait: (socket, request) => answer(socket, request, { decision }),
    }),
  })),
];
