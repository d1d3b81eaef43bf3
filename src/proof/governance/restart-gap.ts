import { Disproof, type Bench, type Observation, type Scenario } from '../kit.js';
import { AgentProcess } from './agent-process.js';
import { playControl, requirements } from './matrix.js';
import { Stage, tools } from './stage.js';

const restarts = 5;

/** Asking without end while the runtime goes and comes back: at no moment is there an allow that is nobody's. */
export const restartGap: Scenario = {
  name: 'restart-gap',
  claim: 'While the runtime is restarted, again and again, no denied tool runs.',
  anywhere: true,
  requirements: () => requirements(false),
  run: async (bench: Bench) => {
    const agent = AgentProcess.start();
    bench.onCleanUp('the governed agent', () => agent.end());
    await bench.point('control: ungoverned, the tool runs', () => playControl(agent));
    for (const posture of ['enforce', 'unset'] as const)
      await bench.point(`${posture}: no call of a loop across ${restarts} restarts runs`, async () => {
        const stage = await Stage.set(posture, agent);
        try {
          return await askAcrossRestarts(stage);
        } finally {
          await stage.clear();
        }
      });
  },
};

async function askAcrossRestarts(stage: Stage): Promise<Observation> {
  const first = await stage.runtime();
  await stage.startWell();
  let isOver = false;
  const restarting = (async () => {
    let runtime = first;
    for (let i = 0; i < restarts; i++) {
      await runtime.end(i % 2 ? 'SIGTERM' : 'SIGKILL');
      runtime = await stage.runtime();
    }
  })().finally(() => (isOver = true));
  const reasons: Record<string, number> = {};
  // Once more when all is over, so that the last runtime was asked as well.
  for (let isLast = false; !isLast;) {
    isLast = isOver;
    const reply = await stage.call(tools.denied);
    const reason = reply.records?.at(-1)?.reason ?? 'no record';
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (reply.ok || (await stage.hasMarker())) throw new Disproof('the tool ran', { reply, reasons });
  }
  await restarting;
  if (!reasons['denied']) throw new Disproof('no runtime was ever asked', { reasons });
  const allowed = await stage.call(tools.allowed);
  if (!(await stage.hasMarker())) throw new Disproof('the last runtime decides nothing', { reply: allowed });
  return { restarts, reasons };
}
