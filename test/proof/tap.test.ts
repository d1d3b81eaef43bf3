import t from 'tap';
import { Parser } from 'tap-parser';
import { TapWriter } from '../../src/proof/tap.js';
import type { ScenarioRecord } from '../../src/proof/kit.js';

function scenario(rest: Partial<ScenarioRecord>): ScenarioRecord {
  return {
    proof: 'p',
    scenario: 's',
    claim: 'it holds',
    verdict: 'proven',
    started_at: '2026-01-01T00:00:00.000Z',
    duration_ms: 5,
    points: [],
    ...rest,
  };
}

const at = { started_at: '2026-01-01T00:00:00.000Z', duration_ms: 1 };

function stream(write: (tap: TapWriter) => void): string {
  let text = '';
  const tap = new TapWriter((chunk) => (text += chunk));
  write(tap);
  return text;
}

t.test('a proven scenario is a subtest a TAP parser accepts, observations and all', async (t) => {
  const text = stream((tap) => {
    tap.scenario(
      scenario({
        points: [{ name: 'act # 1: denied', verdict: 'proven', ...at, observed: { errno: 'EPERM: "x"' } }],
      }),
    );
    tap.end();
  });
  const results = Parser.parse(text);
  t.equal(text.split('\n')[0], 'TAP version 14');
  t.match(text, 'observed: {"errno":"EPERM: \\"x\\""}');
  t.notOk(
    results.some(([event]) => event === 'extra'),
    'no line was left unparsed',
  );
  const [, complete] = results.find(([event]) => event === 'complete') as unknown as [
    string,
    { ok: boolean },
  ];
  t.ok(complete.ok);
});

t.test('a disproven point, a lost machine and a missing plan are failures', async (t) => {
  const ok = (text: string) =>
    (results(text).find(([event]) => event === 'complete') as unknown as [string, { ok: boolean }])[1].ok;
  const results = (text: string) => Parser.parse(text);
  t.notOk(
    ok(
      stream((tap) => {
        tap.scenario(
          scenario({
            verdict: 'disproven',
            points: [{ name: 'act', verdict: 'disproven', ...at, reason: 'leaked' }],
          }),
        );
        tap.end();
      }),
    ),
  );
  t.notOk(
    ok(
      stream((tap) => {
        tap.couldNotCheck('6.12', 'the kernel panicked', 'Look at the log.');
        tap.end();
      }),
    ),
  );
});

t.test('a skip keeps its reason', async (t) => {
  const text = stream((tap) => {
    tap.scenario(
      scenario({ verdict: 'skipped', unmet: [{ name: 'systemd', met: false, reason: 'PID 1 is bash' }] }),
    );
    tap.end('Run instead: aegis prove p --vm');
  });
  t.match(text, 'ok 1 - p/s # SKIP systemd: PID 1 is bash');
  t.match(text, '# skipped\n# Run instead: aegis prove p --vm\n');
});
