import t from 'tap';
import { expandVmFlag } from '../../src/proof/vm-flag.js';

const isProof = (word: string) => word === 'lsm-deny';

t.test('--vm takes any number of kernels', async (t) => {
  t.same(expandVmFlag(['lsm-deny', '--vm', '5.10', '6.1', '--json'], isProof), [
    'lsm-deny',
    '--vm=5.10',
    '--vm=6.1',
    '--json',
  ]);
  t.same(expandVmFlag(['--vm'], isProof), ['--vm=all']);
  t.same(expandVmFlag(['--vm', '--tap'], isProof), ['--vm=all', '--tap']);
  t.same(expandVmFlag(['--vm=6.12', 'lsm-deny'], isProof), ['--vm=6.12', 'lsm-deny']);
});

t.test('a proof named after --vm is a proof, anything else a kernel that may be unknown', async (t) => {
  t.same(expandVmFlag(['--vm', 'lsm-deny/enforce'], isProof), ['--vm=all', 'lsm-deny/enforce']);
  t.same(expandVmFlag(['--vm', '6.12', 'lsm-deny'], isProof), ['--vm=6.12', 'lsm-deny']);
  t.same(expandVmFlag(['--vm', 'lsm-dney'], isProof), ['--vm=lsm-dney']);
});
