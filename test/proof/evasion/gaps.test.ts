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
    t.equal(gapOf(name, 'lsm', '7.3'), undefined, name);
    t.equal(gapOf(name, 'override', '7.3'), undefined, name);
  }
  t.end();
});

t.test('a gap that newer kernels have is none on an older one', (t) => {
  const late = 'act_takes_effect_before_the_signal';
  for (const [kernel, expected] of [
    ['5.10.0-46-cloud-amd64', undefined],
    ['6.1.0-1', undefined],
    ['6.2.0', late],
    ['6.12.117+deb13', late],
    ['7.0.0', late],
  ] as const)
    t.equal(gapOf('connected-before-splice', 'fentry', kernel), expected, kernel);
  t.equal(gapOf('truncate', 'fentry', '5.10.0'), late);
  t.end();
});

t.test('what a report has to name depends on rung and classes', (t) => {
  t.same(gapsOf('lsm', ['file'], 'not_needed'), []);
  t.same(gapsOf('fentry', ['file'], 'not_needed'), [
    'act_takes_effect_before_the_signal',
    'kernel_threads_are_never_signalled',
    'memory_and_descriptors_shared_with_another_process',
    'pid_1_is_never_signalled',
  ]);
  t.same(gapsOf('override', ['program'], 'none'), [
    'copies_of_a_program',
    'programs_running_before',
    'scripts_read_by_an_interpreter',
    'skipped_while_another_task_is_preempted',
  ]);
  t.same(gapsOf('override', ['file'], 'backstop'), [
    'signalled_after_the_act_where_skipped',
    'skipped_while_a_bpf_call_is_preempted',
  ]);
  t.ok(gapsOf('tracepoint', ['file', 'address'], 'not_needed').includes('sockets_connected_before'));
  t.end();
});
