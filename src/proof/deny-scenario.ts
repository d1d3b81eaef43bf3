import { attachedSince, readBpfSnapshot } from '../witness/bpf.js';
import { demand, demandAttached, demandClaim, demandFresh, type PostureClaim } from './claims.js';
import type { ExpectedEnd } from './denied-read.js';
import { Disproof, type Bench, type BootPosture, type Scenario } from './kit.js';
import { prepareDenial } from './denial.js';
import { enforcementRequirements } from './requirements.js';

/** Everything in which one denied-file experiment differs from another. */
export interface DenyScenario {
  readonly name: string;
  readonly claim: string;
  readonly boot?: BootPosture;
  /** Whether the kernel at hand must really list BPF-LSM, must really lack it, or may do either. */
  readonly kernelLists?: 'bpf' | 'no-bpf';
  /** Flags of `aegis-agent run`. */
  readonly flags: readonly string[];
  /** The LSM list the agent is made to believe. */
  readonly lsmSeam?: string;
  readonly posture: PostureClaim & { readonly mechanism: 'lsm' | 'fmod_ret' | 'fentry' | 'tracepoint' };
  readonly end: ExpectedEnd;
  /** Whether the denial holds by inode, so that another name of the file does not get round it. */
  readonly isInodeTrue: boolean;
}

/** A denied file, read from a cgroup the policy covers, with every control. */
export function denyScenario(spec: DenyScenario): Scenario {
  return {
    name: spec.name,
    claim: spec.claim,
    ...(spec.boot ? { boot: spec.boot } : {}),
    requirements: () => enforcementRequirements(spec.kernelLists),
    run: (bench) => runDenyScenario(spec, bench),
  };
}

async function runDenyScenario(spec: DenyScenario, bench: Bench): Promise<void> {
  const { sandbox, read, agent } = await prepareDenial(bench, {
    flags: spec.flags,
    ...(spec.lsmSeam === undefined ? {} : { lsmSeam: spec.lsmSeam }),
  });

  await bench.point('control: without the agent the secret is read', () => read.succeeds('inside'));
  await bench.point('control: without the agent cat prints the secret', () => read.catSucceeds());
  const before = await readBpfSnapshot();

  await bench.point('the policy is applied', () => agent.applyPolicy());
  const running = await bench.point('the agent becomes ready', () => agent.start());
  await bench.point('the report is of this agent and this boot', async () =>
    demandFresh(await agent.report(), { ...running, instance: sandbox.name }),
  );
  const claimed = await bench.point(`the report claims ${spec.posture.state}`, async () =>
    demandClaim(await agent.report(), spec.posture, agent.seams),
  );
  await bench.point(`the kernel shows ${spec.posture.mechanism} attached`, async () =>
    demandAttached(attachedSince(before, await readBpfSnapshot()), spec.posture.mechanism),
  );

  const ending =
    spec.end.kind === 'killed' ? `killed by ${spec.end.signal}` : `denied with ${spec.end.errno}`;
  await bench.point(`act: reading the secret is ${ending}`, () => read.isStopped(spec.end));
  await bench.point(`act: cat of the secret is ${ending}`, () => read.stopsCat(spec.end));
  if (spec.isInodeTrue)
    await bench.point(`act: reading it by a hard link is ${ending}`, () =>
      read.isStopped(spec.end, 'hard link'),
    );

  await bench.point('bystander: outside the scope the secret is read', () => read.succeeds('outside'));
  await bench.point('bystander: inside the scope an innocent file is read', () =>
    read.succeeds('inside', 'innocent'),
  );

  await bench.point('after: the same agent still claims the same', async () => {
    const pid = await agent.runningPid();
    demand('the agent was replaced', { pid: running.pid }, { pid });
    demand('the posture changed', claimed, demandClaim(await agent.report(), spec.posture, agent.seams));
    return { pid };
  });
  await bench.point('after: the agent stops as asked and claims nothing any more', async () => {
    const stopped = await agent.stop();
    const { runtime_state } = await agent.report();
    if (runtime_state.startsWith('ENFORCE'))
      throw new Disproof(`the report of a stopped agent still claims ${runtime_state}`, { runtime_state });
    return { ...stopped, runtime_state };
  });
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
  await bench.point('after: the denied file is intact', () => read.isIntact());
  await bench.point('after: nothing of the agent is left', async () => {
    const left = [...(await agent.traces.leftovers()), ...(await sandbox.leftovers())];
    const programs = attachedSince(before, await readBpfSnapshot());
    const observed = { left, ...programs };
    demand(
      'something was left behind',
      { left: [], lsm: 0, fmod_ret: 0, fentry: 0, tracepoint: 0 },
      observed,
    );
    return observed;
  });
}
