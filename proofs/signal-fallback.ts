import { defineProof, denyScenario, listWithoutBpf, rungNamed, type Scenario } from '../src/proof/index.js';

// The tracepoint arm sees the path the caller wrote, so another name of the file gets round it; GUARANTEES.md says so.
const arms = [rungNamed('fentry'), rungNamed('tracepoint')];

/** The two ways to be without BPF-LSM: truly, or because the agent is made to believe it. */
const ways = [
  {
    way: 'genuine',
    means: 'on a kernel that truly has no BPF-LSM',
    bpfLsm: false,
    kernelLists: 'no-bpf',
    lsmSeam: undefined,
  },
  {
    way: 'seam',
    means: 'with an LSM list that lacks bpf put before the agent',
    bpfLsm: true,
    kernelLists: undefined,
    lsmSeam: listWithoutBpf,
  },
] as const;

function scenario(way: (typeof ways)[number], arm: (typeof arms)[number]): Scenario {
  return denyScenario({
    name: `${way.way}-${arm.name}`,
    claim: `The ${arm.name} arm kills a denied open ${way.means}.`,
    boot: { bpfLsm: way.bpfLsm },
    ...(way.kernelLists ? { kernelLists: way.kernelLists } : {}),
    flags: [...arm.flags, '--enforce-gate-mode=audit-fallback', '--on-stop=detach'],
    ...(way.lsmSeam ? { lsmSeam: way.lsmSeam } : {}),
    posture: arm.posture,
    end: arm.end,
    isInodeTrue: arm.isInodeTrue,
  });
}

export default defineProof({
  name: 'signal-fallback',
  claim: 'Without BPF-LSM the agent promotes to ENFORCE_SIGNAL, says that this is weaker, and really kills.',
  scenarios: ways.flatMap((way) => arms.map((arm) => scenario(way, arm))),
});
