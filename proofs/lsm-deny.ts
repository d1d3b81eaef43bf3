import { defineProof, denyScenario, rungNamed } from '../src/proof/index.js';

const { flags, posture, end, isInodeTrue } = rungNamed('lsm');

export default defineProof({
  name: 'lsm-deny',
  claim: 'Under ENFORCE the kernel itself refuses a denied file with EPERM, by whatever name it is opened.',
  scenarios: [
    denyScenario({
      name: 'enforce',
      claim: 'On a kernel with BPF-LSM a denied open is refused synchronously.',
      boot: { bpfLsm: true },
      kernelLists: 'bpf',
      flags: [...flags, '--on-stop=detach'],
      posture,
      end,
      isInodeTrue,
    }),
  ],
});
