import { defineProof, denyScenario, listWithoutBpf, rungNamed, type Scenario } from '../src/proof/index.js';

const rung = rungNamed('override');

/** Asked for by name, or as the strongest rung that is felt; on a kernel without BPF-LSM, or one that only seems so. */
const ways = [
  { name: 'genuine', fallback: 'override', bpfLsm: false },
  { name: 'seam', fallback: 'override', bpfLsm: true, lsmSeam: listWithoutBpf },
  { name: 'auto', fallback: 'auto', bpfLsm: false },
] as const;

function scenario(way: (typeof ways)[number]): Scenario {
  return denyScenario({
    name: way.name,
    claim: `With --enforce-fallback=${way.fallback} a denied open is refused ${way.bpfLsm ? 'with an LSM list that lacks bpf put before the agent' : 'on a kernel that truly has no BPF-LSM'}.`,
    boot: { bpfLsm: way.bpfLsm },
    ...(way.bpfLsm ? { lsmSeam: way.lsmSeam } : { kernelLists: 'no-bpf' as const }),
    flags: ['--enforce', `--enforce-fallback=${way.fallback}`, '--on-stop=detach'],
    posture: rung.posture,
    end: rung.end,
    isInodeTrue: true,
  });
}

export default defineProof({
  name: 'override',
  claim:
    'Without BPF-LSM the kernel itself still refuses a denied file with EPERM, and the agent says by what.',
  scenarios: ways.map(scenario),
});
