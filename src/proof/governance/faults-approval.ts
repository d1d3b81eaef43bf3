import { Disproof } from '../kit.js';
import type { AgentReply, AgentSetup } from './agent-protocol.js';
import { decided, sameReason, undecided, type Expected, type Fault } from './fault.js';
import { nextEvent } from './runtime-event.js';
import type { RuntimeProcess } from './runtime-process.js';
import { tools, type Stage } from './stage.js';

const waits = { reason: 'would_wait', basis: 'decided' } as const;

/** A call that waits for a person; `act` does something once it is known to wait. */
async function askPerson(
  stage: Stage,
  act: (approvalId: string, runtime: RuntimeProcess) => Promise<unknown>,
): Promise<AgentReply> {
  const runtime = await stage.runtime();
  await stage.startWell();
  // Under observe and disabled nobody is waited for, so there is nothing to act upon.
  if (!stage.isEnforced) return stage.call(tools.asked);
  const operator = await stage.operator();
  const awaited = nextEvent(operator, 'approval.awaited', { timeoutMs: 10_000, after: 0 });
  const reply = stage.call(tools.asked);
  await act(String((await awaited)['approvalId']), runtime);
  return reply;
}

const withHandler = (
  name: string,
  claim: string,
  approval: AgentSetup['approval'],
  covers: string,
  enforced: Expected,
): Fault => ({
  name,
  claim,
  covers: [covers],
  enforced,
  observed: waits,
  play: async (stage) => {
    await stage.runtime();
    await stage.startWell({ approval });
    return stage.call(tools.asked);
  },
});

/** Approvals, the audit sink, and what the application itself does wrong. */
export const approvalFaults: readonly Fault[] = [
  {
    name: 'approval-granted',
    claim: 'A call that an operator allows runs.',
    covers: ['query:pending', 'approval:allow'],
    enforced: decided(true, 'approved'),
    observed: waits,
    play: (stage) => askPerson(stage, async (id) => (await stage.operator()).decide(id, 'allow')),
  },
  {
    name: 'approval-denied',
    claim: 'A call that an operator denies does not run.',
    covers: ['approval:deny'],
    enforced: decided(false, 'approval_denied'),
    observed: waits,
    play: (stage) => askPerson(stage, async (id) => (await stage.operator()).decide(id, 'deny')),
  },
  {
    name: 'approval-unanswered',
    claim: 'A call that nobody answers does not run.',
    covers: ['approval:timeout'],
    enforced: undecided('approval_timeout'),
    observed: waits,
    play: (stage) => askPerson(stage, () => Promise.resolve()),
  },
  {
    name: 'daemon-stopped-while-a-call-waits',
    claim: 'A runtime that shuts down while a call waits says so, and the call does not run.',
    covers: ['approval:shutdown'],
    enforced: undecided('shutdown'),
    observed: waits,
    play: (stage) => askPerson(stage, (_, runtime) => runtime.end('SIGTERM')),
  },
  {
    name: 'daemon-killed-while-a-call-waits',
    claim: 'A runtime killed while a call waits lets nothing through.',
    covers: ['failure:channel_closed'],
    enforced: undecided('channel_closed'),
    observed: waits,
    play: (stage) => askPerson(stage, (_, runtime) => runtime.end('SIGKILL')),
  },
  withHandler(
    'approval-handler-missing',
    'Without anybody to ask, a call that needs approval does not run.',
    'none',
    'failure:no_approval_handler',
    undecided('no_approval_handler'),
  ),
  withHandler(
    'approval-handler-grants',
    'A call the application’s own handler allows runs.',
    'grants',
    'approval:allow',
    decided(true, 'approved'),
  ),
  withHandler(
    'approval-handler-denies',
    'A call the application’s own handler denies does not run.',
    'denies',
    'approval:deny',
    decided(false, 'approval_denied'),
  ),
  withHandler(
    'approval-handler-hangs',
    'A handler that hangs lets nothing through.',
    'hangs',
    'failure:approval_timeout',
    undecided('approval_timeout'),
  ),
  withHandler(
    'approval-handler-throws',
    'A handler that throws lets nothing through.',
    'throws',
    'failure:approval_failed',
    undecided('approval_failed'),
  ),
  withHandler(
    'approval-pending-again',
    'A second "pending" is no approval.',
    'pends',
    'approval:pending',
    undecided('second_pending'),
  ),
  {
    name: 'none-allow',
    claim: 'With everything in order an allowed tool runs.',
    covers: ['query:allow'],
    ...sameReason(decided(true, 'allowed')),
    play: async (stage) => {
      await stage.runtime();
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'none-deny',
    claim: 'With everything in order a denied tool does not run.',
    covers: ['query:deny'],
    enforced: decided(false, 'denied'),
    observed: { reason: 'would_deny', basis: 'decided' },
    play: async (stage) => {
      await stage.runtime();
      await stage.startWell();
      return stage.call(tools.denied);
    },
  },
  {
    name: 'none-redact',
    claim: 'With everything in order the tool runs and never sees the secret.',
    covers: ['query:redact'],
    enforced: decided(true, 'redacted'),
    observed: { reason: 'would_redact', basis: 'decided' },
    play: async (stage) => {
      await stage.runtime();
      await stage.startWell();
      const reply = await stage.call(tools.redacted);
      const saw = JSON.stringify(reply.ran).includes('hunter2');
      if (saw === stage.isEnforced)
        throw new Disproof(saw ? 'the tool saw the secret' : 'an observer changed the arguments', { reply });
      return reply;
    },
  },
  {
    name: 'query-throws',
    claim: 'A question that throws lets nothing through.',
    covers: ['failure:query_failed'],
    ...sameReason(undecided('query_failed')),
    play: async (stage) => {
      const reply = await stage.start({ queryThrows: true });
      if (!reply.ok) throw new Disproof('the agent should start', { reply });
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'arguments-not-json',
    claim: 'Arguments that cannot be asked about cannot be used.',
    covers: ['failure:arguments_not_json'],
    ...sameReason(undecided('arguments_not_json')),
    play: async (stage) => {
      await stage.runtime();
      await stage.startWell();
      return stage.call(tools.allowed, { spoil: true });
    },
  },
  ...(['throws', 'rejects', 'hangs'] as const).map((sink): Fault => ({
    name: `audit-sink-${sink}`,
    claim: `A deny stands, and stands at once, when the audit sink ${sink}.`,
    covers: ['query:deny'],
    enforced: decided(false, 'denied'),
    observed: { reason: 'would_deny', basis: 'decided' },
    play: async (stage) => {
      await stage.runtime();
      await stage.startWell({ sink });
      return stage.call(tools.denied);
    },
  })),
];
