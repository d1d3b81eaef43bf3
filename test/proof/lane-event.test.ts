import t from 'tap';
import type { ProofEvent } from '../../src/proof/kit.js';
import { LaneEventReader } from '../../src/proof/lane-event.js';

const started = { event: 'scenario-started', proof: 'p', scenario: 's' };

t.test('lines are put together however they arrive', async (t) => {
  const events: ProofEvent[] = [];
  const reader = new LaneEventReader((event) => events.push(event));
  const text = `${JSON.stringify(started)}\n${JSON.stringify({ event: 'machine', kernel: { release: '6.12' } })}\n`;
  for (const character of text) reader.push(character);
  t.same(events, [started]);
  t.match(reader.kernel, { release: '6.12' });
});

t.test('an ended scenario is kept; what is no event is noise, never a result', async (t) => {
  const reader = new LaneEventReader(() => undefined);
  reader.push(`${JSON.stringify({ event: 'scenario-ended', record: { proof: 'p', scenario: 's' } })}\n`);
  reader.push('Segmentation fault\n{"half": \nnull\n42\n\n');
  t.match(reader.scenarios, [{ proof: 'p', scenario: 's' }]);
  t.same(reader.noise, ['Segmentation fault', '{"half": ', 'null', '42']);
});

t.test('an unfinished last line is no event', async (t) => {
  const reader = new LaneEventReader(() => t.fail('must not be told'));
  reader.push(JSON.stringify(started));
  t.same(reader.scenarios, []);
});
