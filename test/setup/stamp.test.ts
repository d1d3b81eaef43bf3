import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { load } from './load.js';

interface StampModule {
  fingerprint: (root: string, inputs: string[], facts?: string[]) => string;
  Stamp: new (file: string) => { matches(key: string): boolean; remove(): void; write(key: string): void };
}
const { fingerprint, Stamp } = await load<StampModule>('stamp.mjs');

t.test('a fingerprint follows names and contents, not times', (t) => {
  const root = t.testdir({ src: { 'a.ts': 'one', deep: { 'b.ts': 'two' } } });
  const before = fingerprint(root, ['src']);
  utimesSync(join(root, 'src/a.ts'), 1, 1);
  t.equal(fingerprint(root, ['src']), before, 'a new time is no change');
  writeFileSync(join(root, 'src/deep/b.ts'), 'three');
  const edited = fingerprint(root, ['src']);
  t.not(edited, before, 'an edit is one');
  mkdirSync(join(root, 'src/new'));
  writeFileSync(join(root, 'src/new/c.ts'), '');
  t.not(fingerprint(root, ['src']), edited, 'so is an empty new file');
  rmSync(join(root, 'src/new'), { recursive: true });
  t.equal(fingerprint(root, ['src']), edited, 'and taking it back is none');
  t.end();
});

t.test('what is missing and what is a fact counts', (t) => {
  const root = t.testdir({ a: '' });
  t.not(fingerprint(root, ['b']), fingerprint(root, ['a']), 'missing is not empty');
  t.not(fingerprint(root, ['a'], ['x64']), fingerprint(root, ['a'], ['arm64']));
  t.end();
});

t.test('a stamp vouches for one fingerprint until it is removed', (t) => {
  const stamp = new Stamp(join(t.testdir(), 'made/by/the/step/.stamp'));
  t.notOk(stamp.matches('k1'), 'nothing was written yet');
  stamp.write('k1');
  t.ok(stamp.matches('k1'));
  t.notOk(stamp.matches('k2'));
  stamp.remove();
  t.notOk(stamp.matches('k1'));
  stamp.remove();
  t.end();
});
