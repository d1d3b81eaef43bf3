import type { Posture } from '../../governance/posture.js';
import type { Observation, Scenario } from '../kit.js';
import type { FalseRuntimeScript } from './false-runtime.js';
import { need, scenario } from './registration-scenario.js';
import { Stage } from './stage.js';

const refusals: readonly (readonly [name: string, script: FalseRuntimeScript | 'nobody'])[] = [
  [
    'is refused',
    {
      onRegister: (socket, { id }) =>
        socket.write(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32004,"message":"full"}}\n`),
    },
  ],
  ['breaks', { onRegister: (socket) => void socket.destroy() }],
  ['is answered with garbage', { onRegister: (socket) => socket.write('yes\n') }],
  [
    'is answered without a token',
    {
      onRegister: (socket, { id }) =>
        socket.write(`{"jsonrpc":"2.0","id":${id},"result":{"registered":true}}\n`),
    },
  ],
  ['times out', { onRegister: () => undefined }],
  ['finds no runtime', 'nobody'],
];

/** Each way in which registering may fail, under one posture. */
export const refused = (posture: Posture): Scenario =>
  scenario(
    `refused-under-${posture}`,
    posture === 'observe'
      ? 'Under observe an agent that cannot be registered warns once and goes on unregistered.'
      : `Under ${posture} an agent that cannot be registered does not start, and leaves nothing open.`,
    async ({ bench, agent }) => {
      for (const [what, script] of refusals) {
        await bench.point(`registering ${what}`, async () => {
          const stage = await Stage.set(posture, agent);
          try {
            return await playRefusal(stage, script);
          } finally {
            await stage.clear();
          }
        });
      }
    },
  );

async function playRefusal(stage: Stage, script: FalseRuntimeScript | 'nobody'): Promise<Observation> {
  const runtime = script === 'nobody' ? undefined : await stage.falseRuntime(script);
  const reply = await stage.start();
  const { ok, registered, error, warnings = [] } = reply;
  if (stage.posture === 'observe') {
    need(ok && registered === false, 'it should go on unregistered', { reply });
    need(warnings.length === 1, 'it should warn once', { warnings });
    await stage.ask({ do: 'stop' });
    return { registered, warning: warnings[0] };
  }
  need(!ok && error?.code === 'NOT_REGISTERED', 'it must not start', { reply });
  await untilClosed(() => runtime?.connections ?? 0);
  return { error: error?.message };
}

/** The other end of a closed socket learns of it a moment later. */
async function untilClosed(connections: () => number): Promise<void> {
  const deadline = performance.now() + 2000;
  while (connections() > 0) {
    need(performance.now() < deadline, 'a connection was left open', { connections: connections() });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
