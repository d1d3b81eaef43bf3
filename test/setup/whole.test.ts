import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkout } from './load.js';

t.test('a set-up after the set-up does nothing and says so in one line', (t) => {
  const setUp = (...kernels: string[]) =>
    spawnSync(process.execPath, ['setup/main.mjs', ...kernels], { cwd: checkout, encoding: 'utf8' });
  // These tests may be run alone, after an edit; what that left to do is not what is looked at.
  setUp();
  const made = [
    'node_modules/.package-lock.json',
    'dist/.tsbuildinfo',
    'build/bin/aegis-agent',
    'oclif.manifest.json',
  ];
  const times = () => made.map((path) => statSync(join(checkout, path)).mtimeMs);
  const before = times();
  // Who has all kernels has each of them.
  for (const { status, stdout, stderr } of [setUp(), setUp('6.12')]) {
    t.match(stdout, /^set-up: nothing to do \(\d+\.\d s\)\n$/);
    t.equal(stderr, '');
    t.equal(status, 0);
  }
  t.same(times(), before, 'nothing was made anew');
  t.end();
});

t.test('the build alone finds nothing to do either', (t) => {
  const { status, stdout } = spawnSync(process.execPath, ['setup/build.mjs'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  t.equal(stdout, 'set-up: the build is up to date\n');
  t.equal(status, 0);
  t.end();
});

t.test('the command manifest knows every command', (t) => {
  const manifest = JSON.parse(readFileSync(join(checkout, 'oclif.manifest.json'), 'utf8')) as {
    commands: object;
  };
  const sources = readdirSync(join(checkout, 'src/commands'), { recursive: true, encoding: 'utf8' });
  const names = sources
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3).replaceAll('/', ':'));
  t.ok(names.includes('prove'));
  t.same(new Set(Object.keys(manifest.commands)), new Set(names));
  t.end();
});
