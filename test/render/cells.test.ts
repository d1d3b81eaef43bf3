import t from 'tap';
import { renderCells } from '../../src/render/cells.js';

t.test('each cell with its verdict and its reason, or why there is none', (t) => {
  const text = renderCells([
    { fault: 'hung', posture: 'enforce', verdict: 'proven', ran: false, reason: 'timeout' },
    {
      fault: 'hung',
      posture: 'observe',
      verdict: 'disproven',
      ran: true,
      reason: 'allowed',
      flaw: 'the tool ran',
    },
    { fault: 'gone', posture: 'enforce', verdict: 'could-not-check', flaw: 'no answer' },
    { fault: 'gone', posture: 'observe', verdict: 'not-run' },
    { fault: 'other', posture: 'enforce', verdict: 'skipped' },
  ]);
  t.same(
    text.split('\n').map((line) => line.split(/ {2,}/)),
    [
      ['FAULT', 'ENFORCE', 'OBSERVE'],
      ['hung', '✓ denied: timeout', '✗ runs: allowed'],
      ['gone', '? could not check', '- not run'],
      ['other', '- skipped'],
    ],
  );
  t.end();
});
