import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { cacheRoot, entryFolder, obtain, removeUnused, type EntryRecipe } from '../../src/vm/cache.js';
import { AegisError } from '../../src/errors.js';

const options = { signal: new AbortController().signal, onProgress: () => undefined };
const child = join(dirname(fileURLToPath(import.meta.url)), 'cache-child.js');

const inHome = (t: Test, home: string) =>
  t.intercept(process, 'env', { value: { ...process.env, XDG_CACHE_HOME: home } });

/** An entry of one file, which counts how often it was made. */
function counted(recipe = 'r1'): EntryRecipe<{ made: number }> & { made: number } {
  const entry = {
    path: 'things/one',
    recipe,
    made: 0,
    make: async (folder: string) => {
      entry.made++;
      writeFileSync(join(folder, 'data'), `contents of ${recipe}`);
      return Promise.resolve({ made: entry.made });
    },
  };
  return entry;
}

t.test('an entry is made once and found again', async (t) => {
  inHome(t, t.testdir());
  const entry = counted();
  const first = await obtain(entry, options);
  const second = await obtain(entry, options);
  t.equal(entry.made, 1);
  t.same(second, first);
  t.equal(readFileSync(join(first.folder, 'data'), 'utf8'), 'contents of r1');
  t.match(first.digests['data'], /^[0-9a-f]{64}$/);
  t.ok(first.folder.startsWith(cacheRoot()));
});

t.test('another recipe is another entry, and neither undoes the other', async (t) => {
  inHome(t, t.testdir());
  const [one, two] = [counted('r1'), counted('r2')];
  for (const entry of [one, two, one, two]) await obtain(entry, options);
  t.same([one.made, two.made], [1, 1]);
});

t.test('what was tampered with is made anew', async (t) => {
  inHome(t, t.testdir());
  const entry = counted();
  const { folder } = await obtain(entry, options);
  const data = join(folder, 'data');
  const { mtime } = statSync(data);

  // The same size and modification time: only the digest can tell.
  writeFileSync(data, 'CONTENTS of r1');
  utimesSync(data, mtime, mtime);
  await obtain(entry, options);
  t.equal(entry.made, 2, 'changed contents');
  t.equal(readFileSync(data, 'utf8'), 'contents of r1');

  execFileSync('rm', [data]);
  await obtain(entry, options);
  t.equal(entry.made, 3, 'a missing file');

  for (const text of ['', '{', '[]', 'null', '{"recipe":1,"files":{}}', '{"recipe":"r1"}']) {
    writeFileSync(join(folder, 'manifest.json'), text);
    const before = entry.made;
    await obtain(entry, options);
    t.equal(entry.made, before + 1, `the manifest ${JSON.stringify(text)}`);
  }
});

t.test('touched but unchanged is as good, and digested only once', async (t) => {
  inHome(t, t.testdir());
  const entry = counted();
  const { folder } = await obtain(entry, options);
  chmodSync(join(folder, 'data'), 0o600);
  const before = readFileSync(join(folder, 'manifest.json'), 'utf8');
  await obtain(entry, options);
  const after = readFileSync(join(folder, 'manifest.json'), 'utf8');
  t.equal(entry.made, 1);
  t.not(after, before, 'the new stamp is remembered');
  await obtain(entry, options);
  t.equal(readFileSync(join(folder, 'manifest.json'), 'utf8'), after);
});

t.test('a failure leaves nothing, and the next try starts afresh', async (t) => {
  inHome(t, t.testdir());
  const entry = counted();
  const failing = {
    ...entry,
    make: (folder: string) => {
      writeFileSync(join(folder, 'half'), '');
      return Promise.reject(new AegisError('FETCH_FAILED', 'no network'));
    },
  };
  await t.rejects(obtain(failing, options), { code: 'FETCH_FAILED' });
  const parent = dirname(entryFolder(entry));
  t.same(
    readdirSync(parent).filter((name) => name !== '.lock'),
    [],
  );
  await obtain(entry, options);
  t.equal(entry.made, 1);
});

t.test('what a run that was killed had begun is removed', async (t) => {
  const home = t.testdir();
  inHome(t, home);
  const run = spawn(process.execPath, [child, 'hang', 'k1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(run.stdout, 'data');
  const parent = join(cacheRoot(), 'things');
  t.ok(
    readdirSync(parent).some((name) => name.includes('.new-')),
    'it had begun',
  );
  run.kill('SIGKILL');
  await once(run, 'close');
  await obtain({ ...counted('k1') }, options);
  t.notOk(
    readdirSync(parent).some((name) => name.includes('.new-')),
    'nothing of it is left',
  );
});

t.test('two processes that want the same make it once', async (t) => {
  inHome(t, t.testdir());
  const runs = ['a', 'b', 'c'].map(() =>
    spawn(process.execPath, [child, 'make', 'p1'], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const outputs = await Promise.all(
    runs.map(async (run) => {
      let output = '';
      run.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const [code] = (await once(run, 'close')) as [number];
      t.equal(code, 0);
      return output;
    }),
  );
  t.equal(outputs.join('').match(/made/g)?.length, 1, JSON.stringify(outputs));
  t.equal(outputs.join('').match(/ready/g)?.length, 3);
});

t.test('a cache that cannot be written says so', async (t) => {
  const home = t.testdir({ file: '' });
  inHome(t, join(home, 'file'));
  await t.rejects(obtain(counted(), options), {
    code: 'CACHE_UNWRITABLE',
    message: /cannot write to .*ENOTDIR/,
    wayOut: /XDG_CACHE_HOME/,
    exitCode: 99,
  });
});

t.test('a full disk says so and leaves nothing', async (t) => {
  // Not below the test's own folder, which is removed before the teardown that unmounts.
  const small = mkdtempSync(join(tmpdir(), 'aegis-small-'));
  t.teardown(() => rmdirSync(small));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'aegis-test', small], { stdio: 'pipe' });
  } catch (error) {
    t.pass('a small disk', { skip: `mounting one takes root: ${(error as Error).message.split('\n')[0]}` });
    return;
  }
  t.teardown(() => execFileSync('umount', [small]));
  inHome(t, small);
  const big = {
    ...counted('big'),
    make: (folder: string) => Promise.resolve(writeFileSync(join(folder, 'data'), Buffer.alloc(1024 * 1024))),
  };
  await t.rejects(obtain(big, options), { code: 'DISK_FULL', exitCode: 99 });
  t.same(
    readdirSync(dirname(entryFolder(big))).filter((name) => name !== '.lock'),
    [],
  );
});

t.test('entries that nobody used go, the others stay', async (t) => {
  inHome(t, t.testdir());
  const [old, fresh] = [counted('old'), counted('fresh')];
  const { folder } = await obtain(old, options);
  await obtain(fresh, options);
  const before = new Date(Date.now() - 3 * 24 * 3600 * 1000);
  utimesSync(folder, before, before);
  await removeUnused('things', 2);
  t.notOk(existsSync(folder));
  await obtain(fresh, options);
  t.equal(fresh.made, 1);
  mkdirSync(join(cacheRoot(), 'empty'));
  await removeUnused('no-such-folder', 2);
});

t.test('a relative XDG_CACHE_HOME is ignored', async (t) => {
  inHome(t, 'relative');
  t.match(cacheRoot(), /^\/.*\/\.cache\/aegis\/vm$/);
});
