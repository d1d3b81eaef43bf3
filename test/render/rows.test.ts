import t from 'tap';
import type { PointRecord, ScenarioRecord } from '../../src/proof/kit.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import { renderScenario } from '../../src/render/proof.js';
import { countRows, renderTables } from '../../src/render/rows.js';

const row = (name: string, verdict: PointRecord['verdict'], observed: object = {}): PointRecord => ({
  name,
  isRow: true,
  verdict,
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 1,
  observed: observed as Record<string, unknown>,
  ...(verdict === 'proven' ? {} : { reason: `why ${name}` }),
});

const scenario = (name: string, points: PointRecord[]): ScenarioRecord => ({
  proof: 'p',
  scenario: name,
  claim: 'c',
  verdict: 'proven',
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 1,
  points,
});

const held = row('one', 'proven', { result: 'held' });
const gap = row('two', 'proven', { result: 'leaked', gap: 'a_gap' });
const leaked = row('two', 'disproven', { result: 'leaked' });
const stale = row('three', 'disproven', { result: 'held', gap: 'a_gap' });
const untried = row('four', 'skipped', { result: 'could-not-try' });
const unclear = row('five', 'could-not-check');

const run = (machines: [string, ScenarioRecord[]][]): RunRecord => ({
  schema_version: 1,
  aegis_version: '0',
  verdict: 'proven',
  exit_code: 0,
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 1,
  machines: machines.map(([where, scenarios]) => ({ where, scenarios })),
});

t.test('a line a row, a column a scenario, a word for what it came to', (t) => {
  const text = renderTables(
    run([
      [
        '6.12 (lsm=bpf)',
        [scenario('a', [held, gap, stale, untried, unclear]), scenario('b', [held, leaked])],
      ],
    ]),
  );
  const lines = text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
  t.same(lines, [
    'p | a | b',
    'one | held | held',
    'two | gap: a_gap | LEAKED',
    '',
    'p | a',
    'three | STALE GAP',
    'four | not tried',
    'five | UNCLEAR',
  ]);
  t.end();
});

t.test('kernels that agree share a cell, and those that do not are named', (t) => {
  const text = renderTables(
    run([
      ['5.10 (lsm=a)', [scenario('a', [untried, held])]],
      ['6.1 (lsm=a)', [scenario('a', [row('four', 'proven', { result: 'held' }), held])]],
      ['7.3 (lsm=a)', [scenario('a', [row('four', 'proven', { result: 'held' }), held])]],
    ]),
  );
  t.match(text, /^four +held \(5\.10: not tried\)$/m);
  t.match(text, /^one +held$/m);
  t.end();
});

t.test('no rows, no table', (t) => {
  const { isRow, ...point } = held;
  t.equal(isRow, true);
  t.equal(renderTables(run([['host', [scenario('a', [point])]]])), '');
  t.end();
});

t.test('a scenario counts its rows and shows only those that are wrong', (t) => {
  t.equal(countRows([held, held, gap, leaked]), '2 held, 1 named gaps, 1 LEAKED');
  const text = renderScenario('6.12', scenario('a', [held, gap, leaked, untried]));
  t.match(text, '4 rows: 1 held, 1 named gaps, 1 LEAKED, 1 not tried');
  t.match(text, 'why two');
  t.notMatch(text, /one \d+ ms|why four/);
  t.end();
});
