import { rm } from 'node:fs/promises';
import { demand } from './claims.js';
import { Disproof, type Bench, type Scenario } from './kit.js';
import { prepareDenial, type Denial } from './denial.js';
import { enforcementRequirements } from './requirements.js';
import { rungNamed } from './rungs.js';

/** Milliseconds within which a running agent has to notice what is done to it; the rest is for the slowest guest. */
const noticed = 1000 + 500;

/** What others may do to a running agent, and how it has to answer. */
export function agentTamperingScenarios(): readonly Scenario[] {
  return [
    {
      name: 'pins-removed',
      claim: 'Pins that another root process removes are put back within a second, and the report tells.',
      boot: { bpfLsm: false },
      requirements: () => enforcementRequirements('no-bpf'),
      run: removePins,
    },
    {
      name: 'emergency',
      claim: 'The emergency switch stops enforcement, is owned up to within a second, recorded, and undone.',
      boot: { bpfLsm: false },
      requirements: () => enforcementRequirements('no-bpf'),
      run: switchEmergency,
    },
  ];
}

const rung = rungNamed('override');

async function startAgent(bench: Bench): Promise<Denial> {
  const denial = await prepareDenial(bench, {
    flags: rung.flags,
    keepsPins: true,
  });
  const { agent, read } = denial;
  await bench.point('control: without the agent the secret is read', () => read.succeeds('inside'));
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the agent becomes ready', () => agent.start());
  await bench.point('act: reading the secret is stopped', () => read.isStopped(rung.end));
  return denial;
}

async function removePins(bench: Bench): Promise<void> {
  const { agent, read } = await startAgent(bench);
  const { pins } = await bench.point('the links are pinned', async () => {
    const found = await agent.traces.pinnedLinks();
    if (found.length === 0) throw new Disproof('no link is pinned');
    return { pins: found };
  });
  await bench.point('act: removed pins are back within a second, and the report tells', async () => {
    for (const pin of pins) await rm(pin);
    const isTold = (transitions: unknown) => JSON.stringify(transitions).includes('were put back');
    // A round of the agent may have met the removal half-way; the next one finds the rest.
    const areBack = async () => (await agent.traces.pinnedLinks()).length === pins.length;
    const report = await agent.reportWithin(
      noticed,
      async (one) => isTold(one['state_transitions']) && (await areBack()),
    );
    const observed = {
      told: isTold(report['state_transitions']),
      pins: (await agent.traces.pinnedLinks()).length,
      runtime_state: report.runtime_state,
    };
    demand(
      'the removed pins were not answered',
      { told: true, pins: pins.length, runtime_state: rung.posture.state },
      observed,
    );
    return observed;
  });
  await bench.point('the agent is killed', () => agent.kill());
  await bench.point('act: the pins that were put back hold: the read is stopped', () =>
    read.isStopped(rung.end),
  );
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}

async function switchEmergency(bench: Bench): Promise<void> {
  const { agent, read } = await startAgent(bench);
  const becomes = async (state: string, auditOnly: boolean) => {
    const report = await agent.reportWithin(noticed, (one) => one.runtime_state === state);
    const observed = { runtime_state: report.runtime_state, audit_only: report.audit_only };
    demand(
      'the report does not follow the switch',
      { runtime_state: state, audit_only: auditOnly },
      observed,
    );
    return observed;
  };
  await bench.point('enforcement is switched off', () => agent.emergency('disable'));
  await bench.point('the report claims no enforcement within a second', () =>
    becomes('AUDIT_FALLBACK', true),
  );
  await bench.point('and rightly so: the secret is read', () => read.succeeds('inside'));
  await bench.point('enforcement is switched on again', () => agent.emergency('enable'));
  await bench.point('the report claims it again within a second', () => becomes(rung.posture.state, false));
  await bench.point('act: reading the secret is stopped again', () => read.isStopped(rung.end));
  await bench.point('both switches stand in the audit trail', async () => {
    const trail = await agent.traces.auditTrail();
    demand('the trail is not complete', { trail: ['emergency_disable', 'emergency_enable'] }, { trail });
    return { trail };
  });
}
