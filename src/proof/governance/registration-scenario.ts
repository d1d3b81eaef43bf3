import { Disproof, type Bench, type Observation, type Scenario } from '../kit.js';
import { AgentProcess } from './agent-process.js';
import { playControl, requirements } from './matrix.js';
import { Stage } from './stage.js';

export function need(holds: boolean, otherwise: string, observed: Observation): void {
  if (!holds) throw new Disproof(otherwise, observed);
}

export interface Play {
  readonly bench: Bench;
  readonly agent: AgentProcess;
  readonly stage: Stage;
}

/** A scenario with a governed agent whose tool was seen to leave its mark. */
export function scenario(
  name: string,
  claim: string,
  play: (play: Omit<Play, 'stage'>) => Promise<void>,
): Scenario {
  return {
    name,
    claim,
    anywhere: true,
    requirements: () => requirements(false),
    run: async (bench) => {
      const agent = AgentProcess.start();
      bench.onCleanUp('the governed agent', () => agent.end());
      await bench.point('control: ungoverned, the tool runs', () => playControl(agent));
      await play({ bench, agent });
    },
  };
}

/** The same, on one stage under enforce. */
export function staged(name: string, claim: string, play: (play: Play) => Promise<void>): Scenario {
  return scenario(name, claim, async ({ bench, agent }) => {
    const stage = await Stage.set('enforce', agent);
    bench.onCleanUp('the stage', () => stage.clear());
    await play({ bench, agent, stage });
  });
}
