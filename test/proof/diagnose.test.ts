import t from 'tap';
import { exitCodeOfDiagnosis } from '../../src/proof/diagnose.js';

t.test('a diagnosis ends 0 when proofs can run somewhere, else 77', (t) => {
  for (const [host, lane, code] of [
    [true, true, 0],
    [true, false, 0],
    [false, true, 0],
    [false, false, 77],
  ] as const)
    t.equal(exitCodeOfDiagnosis({ can_prove: { host, lane } }), code, `host ${host}, lane ${lane}`);
  t.end();
});
