import t from 'tap';
import { guestsAtATime, runMany } from '../../src/vm/many.js';

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('two at a time when cores and memory allow', async (t) => {
  t.equal(guestsAtATime(2, 8192), 2);
  t.equal(guestsAtATime(64, 262_144), 2);
  t.equal(guestsAtATime(1, 8192), 1);
  t.equal(guestsAtATime(8, 2048), 1);
  t.equal(guestsAtATime(8, 100), 1, 'never none');
});

t.test('results keep the order of the jobs, whatever ends first', async (t) => {
  let running = 0;
  let most = 0;
  const job = (result: number, turns: number) => async () => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await soon();
    running--;
    return result;
  };
  t.same(await runMany([job(1, 9), job(2, 1), job(3, 1), job(4, 5), job(5, 1)], 2), [1, 2, 3, 4, 5]);
  t.equal(most, 2);
  t.same(await runMany([], 2), []);
});

t.test('after a failure what runs is waited for and nothing more is started', async (t) => {
  const seen: string[] = [];
  const slow = async () => {
    for (let turn = 0; turn < 5; turn++) await soon();
    seen.push('slow ended');
  };
  const bad = async () => {
    await soon();
    throw new Error('bad');
  };
  const never = async () => void seen.push('started');
  await t.rejects(runMany([slow, bad, never, never], 2), { message: 'bad' });
  t.same(seen, ['slow ended']);
});
