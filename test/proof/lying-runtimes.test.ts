import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import { aegis } from '../aegis.js';

// The proofs of the check before a tool call are proven: each lying runtime is caught at the point that names its lie.
t.setTimeout(200_000);
const liar = join(packageRoot, 'test', 'proof', 'lying-runtimes', 'lie.mjs');

const scenarios = [
  'fail-closed/none-deny',
  'fail-closed/daemon-without-policy',
  'registration/identity-is-taken',
  'registration/one-answer-a-question',
] as const;

/** The scenarios that must fail, each with the point that must be the one to say so. */
const caughtBy: Record<string, Partial<Record<(typeof scenarios)[number], RegExp>>> = {
  'allows-everything': {
    'fail-closed/none-deny': /^enforce: does not run \(denied\)/,
    'fail-closed/daemon-without-policy': /^enforce: does not run \(error\)/,
    'registration/identity-is-taken': /^a token ends with its registration/,
  },
  'answers-another-id': {
    'fail-closed/none-deny': /^enforce: does not run \(denied\)/,
    'fail-closed/daemon-without-policy': /^enforce: does not run \(error\)/,
    'registration/identity-is-taken': /^the holder still calls its tools/,
    'registration/one-answer-a-question': /^questions on their way together/,
  },
  'answers-twice': {
    'registration/identity-is-taken': /^a token ends with its registration/,
    'registration/one-answer-a-question': /^questions on their way together/,
  },
  'takes-stale-tokens': { 'registration/identity-is-taken': /^a token ends with its registration/ },
  'hands-identities-over': { 'registration/identity-is-taken': /^another connection cannot take it/ },
  nothing: {},
};

for (const [lie, where] of Object.entries(caughtBy))
  t.test(lie, async (t) => {
    const { exitCode, stdout, stderr } = await aegis(['prove', ...scenarios, '--json'], {
      env: { ...process.env, AEGIS_RUNTIME_BIN: liar, AEGIS_LIE: lie },
      timeoutMs: 120_000,
    });
    t.equal(exitCode, Object.keys(where).length > 0 ? 1 : 0, stderr.slice(-1000));
    const { machines, matrix } = JSON.parse(stdout) as RunRecord;
    const [machine] = machines;
    const cells = (matrix ?? []).filter(({ fault }) => fault === 'none-deny');
    t.equal(cells.length, 4, 'a cell a posture');
    const [first, ...others] = cells;
    if (where['fail-closed/none-deny']) {
      t.match(first, { posture: 'enforce', verdict: 'disproven', flaw: /./ }, 'the matrix has the lie');
      t.ok(
        others.every(({ verdict }) => verdict === 'not-run'),
        'and claims nothing of what was not tried',
      );
    } else {
      t.match(first, {
        posture: 'enforce',
        verdict: 'proven',
        ran: false,
        reason: 'denied',
        basis: 'decided',
      });
    }
    for (const name of scenarios) {
      const record = machine?.scenarios.find(({ proof, scenario }) => `${proof}/${scenario}` === name);
      const failed = record?.points.find(({ verdict }) => verdict !== 'proven');
      const expected = where[name];
      if (!expected) {
        t.equal(record?.verdict, 'proven', `${name}: ${failed?.name} ${failed?.reason}`);
        continue;
      }
      t.equal(failed?.verdict, 'disproven', `${name}: ${failed?.reason}`);
      t.match(failed?.name, expected, name);
    }
  });
