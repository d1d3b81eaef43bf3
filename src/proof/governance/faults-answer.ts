import { answer, type FalseRuntimeScript, type SeenRequest } from './false-runtime.js';
import { decided, sameReason, undecided, ungoverned, type Expected, type Fault } from './fault.js';
import { tools } from './stage.js';
import { join } from 'node:path';
import { Disproof } from '../kit.js';

/** Listeners that are no runtime at all: the agent finds out when it starts. */
const impostors: readonly (readonly [name: string, claim: string, script: FalseRuntimeScript])[] = [
  [
    'listener-silent',
    'A listener that says nothing is no runtime.',
    { onConnect: (socket) => void socket.resume() },
  ],
  [
    'listener-closes',
    'A listener that closes at once is no runtime.',
    { onConnect: (socket) => void socket.destroy() },
  ],
  [
    'listener-garbage',
    'A listener that answers garbage is no runtime.',
    { onConnect: (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nallow\n') },
  ],
  [
    'listener-wrong-nonce',
    'An answer that was not made for our hello is no answer.',
    {
      onConnect: (socket) =>
        void socket.write(
          '{"jsonrpc":"2.0","id":1,"result":{"protocol":1,"nonce":"stale","decision":"allow"}}\n',
        ),
    },
  ],
];

/** Answers to a question that the client must not take for one. */
const malformed: readonly (readonly [
  name: string,
  claim: string,
  expected: Expected,
  send: Send,
  covers: string,
])[] = [
  [
    'answer-garbage',
    'Garbage in place of an answer lets nothing through.',
    undecided('malformed_answer'),
    (write) => write('allow\n'),
    'failure:malformed_answer',
  ],
  [
    'answer-half-a-frame',
    'Half an answer lets nothing through.',
    undecided('timeout'),
    (write, { id }) => write(`{"jsonrpc":"2.0","id":${id},"result":{"decision":"allow"}}`),
    'failure:timeout',
  ],
  [
    'answer-huge-frame',
    'An answer beyond the frame limit lets nothing through.',
    undecided('malformed_answer'),
    (write, { id }) =>
      write(`{"jsonrpc":"2.0","id":${id},"result":{"decision":"allow","pad":"${'x'.repeat(1 << 20)}"}}\n`),
    'failure:malformed_answer',
  ],
  [
    'answer-with-another-id',
    'An answer to another question lets nothing through.',
    undecided('timeout'),
    (write, { id }) => write(`{"jsonrpc":"2.0","id":${id + 1},"result":{"decision":"allow"}}\n`),
    'failure:timeout',
  ],
  [
    'answer-with-a-text-id',
    'An id that only looks like ours is not ours.',
    undecided('timeout'),
    (write, { id }) => write(`{"jsonrpc":"2.0","id":"${id}","result":{"decision":"allow"}}\n`),
    'failure:timeout',
  ],
  [
    'answer-with-result-and-error',
    'An answer that is result and error at once is none.',
    undecided('malformed_answer'),
    (write, { id }) =>
      write(`{"jsonrpc":"2.0","id":${id},"result":{"decision":"allow"},"error":{"code":1,"message":"x"}}\n`),
    'failure:malformed_answer',
  ],
];

type Send = (write: (text: string) => void, request: SeenRequest) => void;

const scripted = (name: string, claim: string, expected: Expected, send: Send, covers: string): Fault => ({
  name,
  claim,
  covers: [covers],
  ...sameReason(expected),
  play: async (stage) => {
    await stage.falseRuntime({ onQuery: (socket, request) => send((text) => socket.write(text), request) });
    await stage.startWell();
    return stage.call(tools.allowed);
  },
});

/** Faults of whoever answers at the socket. */
export const answerFaults: readonly Fault[] = [
  ...impostors.map(([name, claim, script]): Fault => ({
    name,
    claim,
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      await stage.falseRuntime(script);
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  })),
  {
    name: 'registration-refused',
    claim: 'An agent the runtime does not register runs no tool.',
    covers: ['failure:not_registered'],
    ...sameReason(ungoverned('not_registered')),
    play: async (stage) => {
      await stage.falseRuntime({
        onRegister: (socket, { id }) =>
          socket.write(
            `{"jsonrpc":"2.0","id":${id},"error":{"code":-32003,"message":"this identity is taken"}}\n`,
          ),
      });
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  },
  ...malformed.map((row) => scripted(...row)),
  {
    name: 'answer-twice',
    claim: 'A second answer to an old question is not the answer to a new one.',
    covers: ['query:deny'],
    enforced: decided(false, 'denied'),
    observed: { reason: 'would_deny', basis: 'decided' },
    play: async (stage) => {
      let first: SeenRequest | undefined;
      await stage.falseRuntime({
        onQuery: (socket, request) => {
          if (first) answer(socket, first, { decision: 'allow' });
          answer(socket, request, { decision: first ? 'deny' : 'allow' });
          first = request;
        },
      });
      await stage.startWell();
      const reply = await stage.call(tools.allowed);
      if (!reply.ok) throw new Disproof('the first answer must count', { reply });
      await stage.dropMarker();
      return stage.call(tools.denied);
    },
  },
  {
    name: 'answers-out-of-order',
    claim: 'Answers belong to their questions, in whatever order they come.',
    covers: ['query:allow', 'query:deny'],
    enforced: decided(false, 'denied'),
    observed: { reason: 'would_deny', basis: 'decided' },
    play: async (stage) => {
      const waiting: SeenRequest[] = [];
      await stage.falseRuntime({
        onQuery: (socket, request) => {
          waiting.push(request);
          if (waiting.length < 2) return;
          for (const each of waiting.reverse())
            answer(socket, each, { decision: each.params['tool'] === tools.allowed ? 'allow' : 'deny' });
        },
      });
      await stage.startWell();
      const marker = join(stage.folder, 'beside');
      const reply = await stage.call(tools.denied, { beside: { tool: tools.allowed, marker } });
      if (!(await stage.hasMarker(marker)))
        throw new Disproof('the allowed call beside it must have run', { reply });
      return {
        ...reply,
        records: (reply.records ?? []).filter(({ tool, basis }) => tool !== tools.allowed || basis === 'off'),
      };
    },
  },
];
