import type { Bench, Scenario } from './kit.js';
import { prepareDenial } from './denial.js';
import { enforcementRequirements } from './requirements.js';
import { rungs, type Rung } from './rungs.js';

/** The kernel's side of failing closed: who kills the enforcement daemon does not get at what it denied. */
export function enforcerKilledScenarios(): readonly Scenario[] {
  return rungs.map((rung) => ({
    name: `enforcer-killed-${rung.name}`,
    claim: `A file denied on the ${rung.name} rung stays denied when the enforcement daemon is killed.`,
    boot: { bpfLsm: rung.bpfLsm },
    addedByVm: true,
    requirements: () => enforcementRequirements(rung.bpfLsm ? 'bpf' : 'no-bpf'),
    run: (bench) => killEnforcer(bench, rung),
  }));
}

async function killEnforcer(bench: Bench, rung: Rung): Promise<void> {
  const { read, agent } = await prepareDenial(bench, {
    flags: rung.flags,
    keepsPins: true,
  });
  await bench.point('control: without the daemon the secret is read', () => read.succeeds('inside'));
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the daemon becomes ready', () => agent.start());
  await bench.point('act: with the daemon alive the read is stopped', () => read.isStopped(rung.end));
  await bench.point('the daemon is killed', () => agent.kill());
  await bench.point('act: with the daemon dead the read is stopped', () => read.isStopped(rung.end));
  await bench.point('bystander: outside the scope the secret is read', () => read.succeeds('outside'));
  await bench.point('bystander: inside the scope an innocent file is read', () =>
    read.succeeds('inside', 'innocent'),
  );
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}
