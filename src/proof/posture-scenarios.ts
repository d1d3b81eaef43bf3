import { readKernelFacts } from '../witness/kernel.js';
import type { AgentUnderTest } from './agent-under-test.js';
import { demand, demandClaim } from './claims.js';
import type { DeniedRead } from './denied-read.js';
import type { Bench, BootPosture, Observation, Scenario } from './kit.js';
import { rowsOfEveryRung, rowsWithBpfLsm, rowsWithoutBpfLsm, type PostureRow } from './posture-rows.js';
import { prepareDenial } from './denial.js';
import { enforcementRequirements } from './requirements.js';

/** What the agent claims, on machines that have, lack or lock what it needs, compared with what a probe then feels. */
export function postureScenarios(): readonly Scenario[] {
  return [
    scenario(
      'without-bpf-lsm',
      'On a kernel without BPF-LSM each opt-in, gate mode and missing part comes to the posture that a probe feels.',
      { bpfLsm: false },
      rowsWithoutBpfLsm,
    ),
    scenario(
      'with-bpf-lsm',
      'On a kernel with BPF-LSM nothing weaker is taken for it, and nothing is enforced that was not asked for.',
      { bpfLsm: true },
      rowsWithBpfLsm,
    ),
    ...(['integrity', 'confidentiality'] as const).map((lockdown) =>
      scenario(
        `lockdown-${lockdown}`,
        `Under lockdown=${lockdown} every rung enforces as it does elsewhere.`,
        { bpfLsm: true, lockdown },
        rowsOfEveryRung,
      ),
    ),
  ];
}

function scenario(name: string, claim: string, boot: BootPosture, rows: readonly PostureRow[]): Scenario {
  return {
    name,
    claim,
    boot,
    requirements: async () => [
      ...(await enforcementRequirements(boot.bpfLsm ? 'bpf' : 'no-bpf')),
      ...(await lockdownRequirement(boot.lockdown)),
    ],
    run: (bench) => runRows(bench, rows),
  };
}

async function lockdownRequirement(wanted: BootPosture['lockdown']) {
  if (wanted === undefined) return [];
  const { lockdown = 'none' } = await readKernelFacts();
  const name = `lockdown=${wanted}`;
  if (lockdown === wanted) return [{ name, met: true }];
  return [
    {
      name,
      met: false,
      reason: `the lockdown level of this kernel is ${lockdown}`,
      wayOut: `Boot with \`lockdown=${wanted}\`, or prove it in the embedded lane with --vm.`,
    },
  ];
}

async function runRows(bench: Bench, rows: readonly PostureRow[]): Promise<void> {
  const { agent, read } = await prepareDenial(bench, {
    flags: ['--enforce'],
    keepsPins: true,
  });
  await bench.point('control: without the agent the secret is read', () => read.succeeds('inside'));
  await bench.point('the policy is applied', () => agent.applyPolicy());
  for (const row of rows) await bench.point(row.name, () => tryRow(row, agent, read));
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}

async function tryRow(row: PostureRow, agent: AgentUnderTest, read: DeniedRead): Promise<Observation> {
  const { comesTo } = row;
  if (comesTo.kind === 'refusal') {
    const { exit_status } = await agent.refuses(row.start);
    const { runtime_state, audit_only, enforce_capable, enforce_blockers } = await agent.report();
    const observed = {
      ...{ exit_status, runtime_state, audit_only, enforce_capable, enforce_blockers },
      blocker_named: enforce_blockers.includes(comesTo.blocker),
    };
    const expected = { exit_status: 1, runtime_state: 'DEGRADED', audit_only: true, enforce_capable: false };
    demand('the refusal is told otherwise', { ...expected, blocker_named: true }, observed);
    return { ...observed, felt: await read.succeeds('inside') };
  }
  await agent.start(row.start);
  const observed = demandClaim(await agent.report(), comesTo.claim, agent.seams);
  const felt = comesTo.end === 'allowed' ? await read.succeeds('inside') : await read.isStopped(comesTo.end);
  const { lockdown = 'none' } = await readKernelFacts();
  demand(
    'the report names another lockdown level',
    { lockdown },
    { lockdown: (await agent.report()).lockdown },
  );
  await agent.stop();
  return { ...observed, felt, lockdown };
}
