import { runInNewContext } from 'node:vm';
import t from 'tap';
import { snapshotArguments } from '../../src/governance/snapshot.js';

t.test('JSON data comes back equal and is a copy', (t) => {
  const args = { a: [1, 'x', null, true, { b: -0.5 }], c: {} };
  const copy = snapshotArguments(args);
  t.same(copy, args);
  t.not(copy, args);
  args.a[0] = 2;
  t.same((copy as typeof args).a[0], 1);
  t.end();
});

t.test('undefined members are left out, as JSON does', (t) => {
  t.same(Object.keys(snapshotArguments({ a: undefined, b: 1 }) as object), ['b']);
  t.end();
});

t.test('a member called __proto__ stays a member', (t) => {
  const copy = snapshotArguments(JSON.parse('{"__proto__":{"isAdmin":true}}')) as Record<string, unknown>;
  t.equal(copy['isAdmin'], undefined);
  t.equal(JSON.stringify(copy), '{"__proto__":{"isAdmin":true}}');
  t.end();
});

t.test('plain objects of another realm are plain', (t) => {
  t.same(snapshotArguments(runInNewContext('({ a: [1] })')), { a: [1] });
  t.end();
});

t.test('what JSON cannot say faithfully is refused, with its place', (t) => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  class Account {
    toJSON() {
      return {};
    }
  }
  const odd: [string, unknown][] = [
    ['function', { a: { b: () => 1 } }],
    ['symbol', { a: { b: Symbol('x') } }],
    ['bigint', { a: { b: 1n } }],
    ['NaN', { a: { b: NaN } }],
    ['infinity', { a: { b: Infinity } }],
    ['date', { a: { b: new Date() } }],
    ['map', { a: { b: new Map() } }],
    ['typed array', { a: { b: new Uint8Array(1) } }],
    ['class instance with a toJSON of its own', { a: { b: new Account() } }],
    ['hole', { a: { b: new Array<number>(1) } }],
  ];
  for (const [what, value] of odd) t.throws(() => snapshotArguments(value), /\/a\/b/, what);
  t.throws(() => snapshotArguments(cycle), /deeper/);
  t.throws(() => snapshotArguments(undefined), /the value itself/);
  t.end();
});
