import { defineProof, denyScenario } from '../src/proof/index.js';

export default defineProof({
  name: 'lsm-deny',
  claim: 'Under ENFORCE the kernel itself refuses a denied file with EPERM, by whatever name it is opened.',
  scenarios: [
    denyScenario({
      name: 'enforce',
      claim: 'On a kernel with BPF-LSM a denied open is refused synchronously.',
      boot: { bpfLsm: true },
      kernelLists: 'bpf',
      flags: ['--enforce', '--on-stop=detach'],
      posture: {
        state: 'ENFORCE',
        mechanism: 'lsm',
        auditOnly: false,
        enforceCapable: true,
        guarantee: 'synchronous',
      },
      end: { kind: 'denied', errno: 'EPERM' },
      isInodeTrue: true,
    }),
  ],
});
