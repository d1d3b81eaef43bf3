import t from 'tap';
import { readCatalogue } from '../../../src/proof/evasion/catalogue.js';
import { gapOf, gaps, gapsOf } from '../../../src/proof/evasion/gaps.js';
import { rungs } from '../../../src/proof/rungs.js';

const ways = await readCatalogue();

t.test('the catalogue names each way once', (t) => {
  const names = ways.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.ok(ways.length > 180, `${ways.length} ways`);
  for (const { name, says } of ways) t.match(says, /^[A-Za-z/].*[^.]$/, name);
  t.end();
});

t.test('a gap names ways that are there, of its own class', (t) => {
  for (const { gap, kinds, ways: named } of gaps)
    for (const name of named) {
      const way = ways.find((one) => one.name === name);
      t.ok(way && kinds.includes(way.kind), `${gap}: ${name}`);
    }
  t.end();
});

t.test('no way has two gaps on one rung, and none has one on the strongest two', (t) => {
  for (const { name } of ways) {
    for (const rung of rungs) {
      const found = gaps.filter((gap) => gap.ways.includes(name) && gap.rungs.includes(rung.name));
      t.ok(found.length <= 1, `${name} on ${rung.name}: ${found.map(({ gap }) => gap).join()}`);
    }
    t.equal(gapOf(name, 'lsm'), undefined, name);
    t.equal(gapOf(name, 'override'), undefined, name);
  }
  t.end();
});

t.test('what a report has to name depends on rung and classes', (t) => {
  t.same(gapsOf('lsm', ['file']), []);
  t.same(gapsOf('fentry', ['file']), [
    'act_takes_effect_before_the_signal',
    'kernel_threads_are_never_signalled',
    'memory_and_descriptors_shared_with_another_process',
    'pid_1_is_never_signalled',
  ]);
  t.ok(gapsOf('tracepoint', ['file', 'address']).includes('sockets_connected_before'));
  t.end();
});
