import { demandClaim } from './claims.js';
import { HammeredRead } from './hammered-read.js';
import type { Bench, Scenario } from './kit.js';
import { prepareDenial } from './denial.js';
import { enforcementRequirements } from './requirements.js';
import { rungs, type Rung } from './rungs.js';

/** Kills of one scenario. There is one for each of the four rungs: a hundred on each kernel. */
const kills = 25;
/** Kills between two new policies. */
const killsToPolicy = 5;

/** On each rung: whatever dies, restarts or is applied anew, there is no moment in which the denied act comes through. */
export function agentDeathScenarios(): readonly Scenario[] {
  return rungs.map((rung) => ({
    name: `restarts-${rung.name}`,
    claim: `On the ${rung.name} rung no read comes through while the daemon is killed, restarted and given its policy anew.`,
    boot: { bpfLsm: rung.bpfLsm },
    requirements: () => enforcementRequirements(rung.bpfLsm ? 'bpf' : 'no-bpf'),
    run: (bench) => killAndRestart(bench, rung),
  }));
}

async function killAndRestart(bench: Bench, rung: Rung): Promise<void> {
  const { sandbox, read, agent } = await prepareDenial(bench, {
    flags: rung.flags,
    keepsPins: true,
    isRestarted: true,
  });
  await bench.point('control: without the agent every one of many reads comes through', async () => {
    const control = await HammeredRead.start(bench, sandbox, read.secretPath);
    await control.goesOn();
    return await control.succeeded();
  });
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the agent becomes ready', () => agent.start());
  await bench.point(
    `act: through ${kills} kills, restarts and new policies not one read comes through`,
    async () => {
      const hammered = await HammeredRead.start(bench, sandbox, read.secretPath);
      for (let kill = 1; kill <= kills; kill += 1) {
        await agent.killAndAwaitNext();
        await hammered.goesOn();
        if (kill % killsToPolicy === 0) await agent.applyPolicy();
      }
      await hammered.goesOn();
      const { preemption_safeguard } = await agent.report();
      return await hammered.wasStopped(rung.end, preemption_safeguard === 'backstop');
    },
  );
  await bench.point('the agent that was restarted claims the same', async () =>
    demandClaim(await agent.report(), rung.posture, agent.seams),
  );
  await bench.point('the agent is killed for good', () => agent.kill());
  await bench.point('act: with the agent dead reading the secret is stopped', () => read.isStopped(rung.end));
  await bench.point('bystander: inside the scope an innocent file is read', () =>
    read.succeeds('inside', 'innocent'),
  );
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}
