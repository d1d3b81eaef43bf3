import t from 'tap';
import { applyRedaction } from '../../src/governance/redaction.js';

const rule = (path: string, replacement = '[redacted]') => ({ path, replacement });

t.test('replaces what the pointers name and nothing else', (t) => {
  const args = {
    headers: { authorization: 'x', accept: 'y' },
    list: [{ secret: 1 }, { secret: 2 }],
    'a/b~c': 3,
  };
  const { paths } = applyRedaction(args, [
    rule('/headers/authorization'),
    rule('/list/1/secret'),
    rule('/a~1b~0c'),
  ]);
  t.same(args, {
    headers: { authorization: '[redacted]', accept: 'y' },
    list: [{ secret: 1 }, { secret: '[redacted]' }],
    'a/b~c': '[redacted]',
  });
  t.same(paths, ['/headers/authorization', '/list/1/secret', '/a~1b~0c']);
  t.end();
});

t.test('a rule that cannot be applied is an error', (t) => {
  const bad: [string, unknown, unknown[]][] = [
    ['nothing there', { a: 1 }, [rule('/b')]],
    ['below a scalar', { a: 1 }, [rule('/a/b')]],
    ['beyond the list', { a: [1] }, [rule('/a/1')]],
    ['a list has no members', { a: [1] }, [rule('/a/length')]],
    ['no leading zeros', { a: [1, 2] }, [rule('/a/01')]],
    ['inherited', { a: {} }, [rule('/a/toString')]],
    ['prototype', { a: {} }, [rule('/__proto__/polluted')]],
    ['the whole', { a: 1 }, [rule('')]],
    ['no pointer', { a: 1 }, [rule('a')]],
    ['no replacement', { a: 1 }, [{ path: '/a' }]],
    ['no rule', { a: 1 }, [null]],
    ['no rules', { a: 1 }, []],
    ['no arguments', null, [rule('/a')]],
    ['one good, one bad', { a: 1 }, [rule('/a'), rule('/b')]],
  ];
  for (const [what, args, rules] of bad) t.throws(() => applyRedaction(args, rules), what);
  t.equal(({} as Record<string, unknown>)['polluted'], undefined);
  t.end();
});
