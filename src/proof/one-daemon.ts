import { writeFile } from 'node:fs/promises';
import { prepareDenial } from './denial.js';
import { AgentProcess } from './governance/agent-process.js';
import { playControl, requirements as governanceRequirements } from './governance/matrix.js';
import { Stage, toolRules, tools } from './governance/stage.js';
import { Disproof, type Bench, type Observation, type Scenario } from './kit.js';
import { enforcementRequirements } from './requirements.js';

const denied = { kind: 'denied', errno: 'EPERM' } as const;

/** One daemon for both halves of a policy, the files and the tools; and what is left of each without it. */
export function oneDaemonScenarios(): readonly Scenario[] {
  const shared = {
    boot: { bpfLsm: true },
    addedByVm: true,
    requirements: async () => [
      ...(await enforcementRequirements('bpf')),
      ...(await governanceRequirements(false)),
    ],
  };
  return [
    {
      ...shared,
      name: 'one-daemon-killed',
      claim: 'When the daemon that decides on files and on tools is killed, both stay denied.',
      run: killOneDaemon,
    },
    {
      ...shared,
      name: 'policy-cannot-be-loaded',
      claim: 'A daemon whose policy cannot be loaded does not start under the gate that fails closed.',
      run: refuseToStart,
    },
  ];
}

async function prepare(bench: Bench) {
  const governed = AgentProcess.start();
  bench.onCleanUp('the governed agent', () => governed.end());
  const stage = await Stage.set('enforce', governed);
  bench.onCleanUp('the stage', () => stage.clear());
  const flags = ['--enforce', '--enforce-gate-mode=fail-closed', '--runtime-socket', stage.socketPath];
  const { read, agent, policy } = await prepareDenial(bench, { flags, keepsPins: true }, toolRules);
  return { read, governed, stage, agent, policy };
}

async function killOneDaemon(bench: Bench): Promise<void> {
  const { read, governed, stage, agent } = await prepare(bench);
  await bench.point('control: without the daemon the secret is read', () => read.succeeds('inside'));
  await bench.point('control: ungoverned, the tool runs', () => playControl(governed));
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the daemon becomes ready', () => agent.start());
  await bench.point('the tool that the policy allows runs', async () => {
    await stage.startWell();
    return await callRuns(stage, tools.allowed, true);
  });
  await bench.point('act: the tool that it denies does not run', () => callRuns(stage, tools.denied, false));
  await bench.point('act: the read is stopped', () => read.isStopped(denied));
  await bench.point('the daemon is killed', () => agent.kill());
  await bench.point('act: with the daemon dead no tool runs', () => callRuns(stage, tools.allowed, false));
  await bench.point('act: with the daemon dead the read is stopped', () => read.isStopped(denied));
  await bench.point('bystander: outside the scope the secret is read', () => read.succeeds('outside'));
  await bench.point('a new daemon decides on both', async () => {
    await agent.start();
    await read.isStopped(denied);
    return await callRuns(stage, tools.allowed, true);
  });
  await bench.point('after: it stops as asked', () => agent.stop());
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}

async function callRuns(stage: Stage, tool: string, isExpected: boolean): Promise<Observation> {
  await stage.dropMarker();
  const reply = await stage.call(tool);
  const observed = { ran: await stage.hasMarker(), reason: reply.records?.at(-1)?.reason };
  if (observed.ran !== isExpected || reply.ok !== isExpected)
    throw new Disproof(observed.ran ? 'the tool ran' : 'the tool did not run', observed);
  return observed;
}

async function refuseToStart(bench: Bench): Promise<void> {
  const { read, agent, policy } = await prepare(bench);
  await bench.point('control: without the daemon the secret is read', () => read.succeeds('inside'));
  for (const [what, text] of [
    ['a bad path', policy.replace('[deny_path]', '[deny_path]\nrelative')],
    ['a bad tool rule', policy.replace('default deny', 'default perhaps')],
    ['an unknown version', policy.replace('version=1', 'version=99')],
  ] as const)
    await bench.point(`a policy with ${what} is not applied, nor started with`, async () => {
      await agent.writePolicy(text);
      const { reason } = await agent.refusesPolicy();
      const { said } = await agent.refuses(agent.applyingFirst);
      return { reason, said };
    });
  await bench.point('the good policy is applied', async () => {
    await agent.writePolicy(policy);
    return await agent.applyPolicy();
  });
  await bench.point('spoilt where it is stored, it is not started with', async () => {
    const stored = await agent.traces.storedPolicies();
    for (const file of stored) await writeFile(file, 'version=99\n');
    if (stored.length === 0) throw new Error('the instance keeps no policy');
    return await agent.refuses();
  });
  await bench.point('and the report claims nothing', async () => {
    const { runtime_state, enforce_capable } = await agent.report();
    if (runtime_state !== 'DEGRADED' || enforce_capable)
      throw new Disproof(`the report claims ${runtime_state}`, { runtime_state, enforce_capable });
    return { runtime_state };
  });
  await bench.point('applied again, it is enforced', async () => {
    await agent.applyPolicy();
    await agent.start();
    return await read.isStopped(denied);
  });
  await bench.point('after: it stops as asked', () => agent.stop());
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}
