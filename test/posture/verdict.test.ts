import t from 'tap';
import { combine, exitCodeOf, type Verdict } from '../../src/posture/verdict.js';

t.test('of several verdicts 1 beats 99 beats 77 beats 0', async (t) => {
  const strength: readonly Verdict[] = ['proven', 'skipped', 'could-not-check', 'disproven'];
  for (const [i, weaker] of strength.entries())
    for (const stronger of strength.slice(i)) {
      t.equal(combine([weaker, stronger]), stronger, `${weaker} with ${stronger}`);
      t.equal(combine([stronger, weaker]), stronger, `${stronger} with ${weaker}`);
    }
});

t.test('nothing at all is no pass', async (t) => {
  t.equal(combine([]), 'could-not-check');
});

t.test('each verdict has its exit code, and --require turns a skip into a failure', async (t) => {
  t.same(
    (['proven', 'disproven', 'skipped', 'could-not-check'] as const).map((verdict) => exitCodeOf(verdict)),
    [0, 1, 77, 99],
  );
  t.equal(exitCodeOf('skipped', true), 1);
  t.equal(exitCodeOf('proven', true), 0);
  t.equal(exitCodeOf('could-not-check', true), 99);
});
