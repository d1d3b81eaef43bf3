import { Readable } from 'node:stream';
import t from 'tap';
import { load } from './load.js';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
}
const { countTap } = await load<{
  countTap: (stream: Readable, onFile: (name: string, tally: Tally) => void) => Promise<Tally>;
}>('tally.mjs');

async function count(...lines: string[]): Promise<Tally & { files: string[] }> {
  const files: string[] = [];
  const stream = Readable.from([['TAP version 14', ...lines, ''].join('\n')]);
  const tally = await countTap(stream, (name, { passed, failed, skipped }) =>
    files.push(`${name} ${passed}/${failed}/${skipped}`),
  );
  return { ...tally, files };
}

t.test('points are counted, not the lines that sum them up', async (t) => {
  const tally = await count(
    '# Subtest: a.test.js',
    '    ok 1 - one',
    '    # Subtest: deep',
    '        ok 1 - two',
    '        not ok 2 - three',
    '        1..2',
    '    not ok 2 - deep',
    '    ok 3 - later # SKIP no kernel',
    '    1..3',
    'not ok 1 - a.test.js',
    '1..1',
  );
  t.match(tally, { passed: 2, failed: 1, skipped: 1, files: ['a.test.js 2/1/1'] });
  t.same(tally.failures, ['a.test.js > deep > three']);
});

t.test('a file that broke without a failed point still counts as failed', async (t) => {
  const crashed = await count('# Subtest: a', '    ok 1 - one', '    1..1', 'not ok 1 - a', '1..1');
  t.match(crashed, { passed: 1, failed: 1, skipped: 0 });
  const neverRan = await count('not ok 1 - a', '1..1');
  t.match(neverRan, { passed: 0, failed: 1 });
});

t.test('a skipped file is skipped, never passed; neither is a todo', async (t) => {
  const tally = await count(
    '# Subtest: a',
    '    1..0 # SKIP no root',
    'ok 1 - a # SKIP no root',
    'ok 2 - b # TODO',
    '1..2',
  );
  t.match(tally, { passed: 0, failed: 0, skipped: 2 });
});

t.test('a plan not kept and a bail-out are failures', async (t) => {
  t.match(await count('ok 1 - one', '1..2'), { passed: 1, failed: 1 });
  t.match(await count('ok 1 - one', 'Bail out! no disk'), { passed: 1, failed: 1 });
});
