import { defineProof, denyScenario, type Scenario } from '../src/proof/index.js';

const arms = [
  { arm: 'fentry', guarantee: 'before_return', isInodeTrue: true },
  // The tracepoint arm sees the path the caller wrote, so another name of the file gets round it; GUARANTEES.md says so.
  { arm: 'tracepoint', guarantee: 'by_path', isInodeTrue: false },
] as const;

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
    lsmSeam: 'lockdown,capability,yama,apparmor',
  },
] as const;

function scenario(way: (typeof ways)[number], arm: (typeof arms)[number]): Scenario {
  return denyScenario({
    name: `${way.way}-${arm.arm}`,
    claim: `The ${arm.arm} arm kills a denied open ${way.means}.`,
    boot: { bpfLsm: way.bpfLsm },
    ...(way.kernelLists ? { kernelLists: way.kernelLists } : {}),
    flags: [
      '--enforce',
      '--enforce-gate-mode=audit-fallback',
      '--enforce-fallback=signal',
      `--signal-arm=${arm.arm}`,
      '--on-stop=detach',
    ],
    ...(way.lsmSeam ? { lsmSeam: way.lsmSeam } : {}),
    posture: {
      state: 'ENFORCE_SIGNAL',
      mechanism: arm.arm,
      auditOnly: false,
      enforceCapable: false,
      blocker: 'BPF_LSM_DISABLED',
      guarantee: arm.guarantee,
    },
    end: { kind: 'killed', signal: 'SIGKILL' },
    isInodeTrue: arm.isInodeTrue,
  });
}

export default defineProof({
  name: 'signal-fallback',
  claim: 'Without BPF-LSM the agent promotes to ENFORCE_SIGNAL, says that this is weaker, and really kills.',
  scenarios: ways.flatMap((way) => arms.map((arm) => scenario(way, arm))),
});
