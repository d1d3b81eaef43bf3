import t from 'tap';
import { planBoots } from '../../src/proof/lane-plan.js';
import { splitByPlace, withoutAddedByVm } from '../../src/proof/place.js';
import type { Scenario } from '../../src/proof/kit.js';
import { selectProofs } from '../../src/proof/registry.js';

const without = 'lockdown,capability,yama,apparmor';

t.test('scenarios that ask for one posture share its boot, on each kernel', async (t) => {
  const boots = planBoots(await selectProofs(['signal-fallback', 'lsm-deny']), ['5.10', '6.12']);
  t.same(
    boots.map(({ kernel, lsm }) => [kernel, lsm]),
    [
      ['5.10', without],
      ['5.10', `${without},bpf`],
      ['6.12', without],
      ['6.12', `${without},bpf`],
    ],
  );
  t.same(boots[0]?.names, ['signal-fallback/genuine-fentry', 'signal-fallback/genuine-tracepoint']);
  t.ok(boots[1]?.names.includes('lsm-deny/enforce'));
});

t.test('a lockdown level is a boot of its own', async (t) => {
  const scenarios = (['integrity', undefined] as const).map((lockdown) => ({
    ...{ name: lockdown ?? 'none', claim: '', requirements: async () => [], run: async () => {} },
    boot: { bpfLsm: true, ...(lockdown ? { lockdown } : {}) },
  }));
  const boots = planBoots([{ proof: { name: 'p', claim: '', scenarios }, scenarios }], ['6.1']);
  t.same(boots, [
    { kernel: '6.1', lsm: `${without},bpf`, append: ['lockdown=integrity'], names: ['p/integrity'] },
    { kernel: '6.1', lsm: `${without},bpf`, names: ['p/none'] },
  ]);
});

t.test('a list of the user is the only posture', async (t) => {
  const boots = planBoots(await selectProofs(['signal-fallback']), ['6.12'], 'bpf');
  t.match(boots, [{ kernel: '6.12', lsm: 'bpf' }]);
  t.equal(boots[0]?.names.length, 4);
});

t.test('a scenario that does not care joins a boot that is made anyway', async (t) => {
  const scenario = { name: 'any', claim: '', requirements: async () => [], run: async () => {} } as Scenario;
  const careless = { proof: { name: 'p', claim: '', scenarios: [scenario] }, scenarios: [scenario] };
  t.match(planBoots([careless], ['6.1']), [{ names: ['p/any'] }]);
  const boots = planBoots([careless, ...(await selectProofs(['lsm-deny']))], ['6.1']);
  t.equal(boots.length, 1);
  t.same(boots[0]?.names, ['lsm-deny/enforce', 'p/any']);
});

t.test('an unknown proof or scenario names the nearest', async (t) => {
  await t.rejects(selectProofs(['signal-falback']), {
    code: 'UNKNOWN_PROOF',
    wayOut: /Did you mean signal-fallback\?/,
  });
  await t.rejects(selectProofs(['lsm-deny/enforced']), {
    code: 'UNKNOWN_PROOF',
    wayOut: /Did you mean enforce\?/,
  });
  await t.rejects(selectProofs(['xyzzy']), { code: 'UNKNOWN_PROOF', wayOut: /^Known: / });
});

t.test('what asks nothing of the kernel runs here, the rest in the lane', async (t) => {
  const { here, inLane } = splitByPlace(await selectProofs(['fail-closed', 'lsm-deny']));
  t.same(
    here.map(({ proof }) => proof.name),
    ['fail-closed'],
  );
  t.ok(here[0]?.scenarios.some(({ name }) => name === 'daemon-hung'));
  t.notOk(here[0]?.scenarios.some(({ name }) => name.startsWith('one-daemon')));
  t.same(
    inLane.map(({ proof, scenarios }) => `${proof.name}/${scenarios[0]?.name}`),
    ['fail-closed/one-daemon-killed', 'lsm-deny/enforce'],
  );
});

t.test('without --vm the parts it adds are left out, unless they are named', async (t) => {
  const whole = withoutAddedByVm(await selectProofs(['fail-closed']), ['fail-closed']);
  t.notOk(whole[0]?.scenarios.some(({ addedByVm }) => addedByVm));
  const name = 'fail-closed/one-daemon-killed';
  t.match(withoutAddedByVm(await selectProofs([name]), [name]), [
    { scenarios: [{ name: 'one-daemon-killed' }] },
  ]);
});
