import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { load, setupFolder } from './load.js';

const { makeFolder } = await load<{ makeFolder: (path: string) => void }>('make-folder.mjs');

t.test('a folder is made with those it stands in; what cannot be made is an error, never a hang', (t) => {
  const root = t.testdir({ file: '' });
  makeFolder(join(root, 'a/b/c'));
  t.ok(existsSync(join(root, 'a/b/c')));
  makeFolder(join(root, 'a/b/c'));
  t.throws(() => makeFolder(join(root, 'file/below')), { code: 'ENOTDIR' });
  // /proc is there, yet answers ENOENT to whoever wants to make something in it.
  t.throws(() => makeFolder('/proc/aegis-nowhere/below'), { code: 'ENOENT' });
  t.end();
});

/** Runs a set-up whose work throws, and returns how it ended. */
function guardedEnd(work: string): { status: number | null; stderr: string } {
  const url = (name: string) => pathToFileURL(join(setupFolder, name)).href;
  const script = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { guarded, SetupError } from '${url('error.mjs')}';
    await guarded(async () => { ${work} });`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
}

t.test('an error is one line with the way out and exit code 99', (t) => {
  const own = `throw new SetupError('cannot do it: no', { wayOut: 'Do this.', detail: 'the evidence' });`;
  t.match(guardedEnd(own), { status: 99, stderr: 'the evidence\nset-up: cannot do it: no. Do this.\n' });
  const refused = guardedEnd(`mkdirSync('/proc/aegis-nowhere');`);
  t.equal(refused.status, 99);
  t.equal(
    refused.stderr,
    'set-up: cannot mkdir /proc/aegis-nowhere: ENOENT. Check who owns it and what may be written there, then run this again.\n',
  );
  const full = guardedEnd(`if (process.platform) writeFileSync('/dev/full', 'x');`);
  t.match(full, { status: 99, stderr: /ENOSPC\. Free some disk space/ });
  t.end();
});

t.test('a defect is not dressed up as one of those', (t) => {
  const { status, stderr } = guardedEnd(`undefined.field;`);
  t.equal(status, 1);
  t.match(stderr, 'TypeError');
  t.end();
});
