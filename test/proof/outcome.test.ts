import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { outcomeOf } from '../../src/proof/outcome.js';
import { nativeBin } from '../../src/paths.js';
import { run, type Ended } from '../../src/sandbox/run.js';

const probe = join(nativeBin, 'aegis-probe');
const ended = (rest: Partial<Ended>): Ended => ({
  exitCode: 0,
  signal: undefined,
  timedOut: false,
  stdout: '',
  stderr: '',
  startError: undefined,
  ...rest,
});

t.test('the real probe: a read that works, one that is refused, one that never starts', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aegis-test-'));
  t.teardown(() => execFile('rm', ['-rf', folder]));
  writeFileSync(join(folder, 'file'), 'the content\n');
  t.same(outcomeOf(await run([probe, 'read', join(folder, 'file')])), {
    kind: 'allowed',
    data: 'the content',
  });
  t.same(outcomeOf(await run([probe, 'read', join(folder, 'none')])), { kind: 'denied', errno: 'ENOENT' });
  t.match(outcomeOf(await run([join(folder, 'no-program'), 'read', 'x'])), {
    kind: 'could-not-try',
    why: /ENOENT/,
  });
});

t.test('a death by signal counts only after the act was announced', async (t) => {
  const killed = { exitCode: 137, signal: 'SIGKILL' };
  t.same(outcomeOf(ended({ ...killed, stdout: 'try read /x\n' })), { kind: 'killed', signal: 'SIGKILL' });
  t.match(outcomeOf(ended(killed)), { kind: 'could-not-try' });
  t.match(outcomeOf(ended({ exitCode: 137 })), { kind: 'could-not-try' }, 'a wrapper that exits 137');
});

t.test('data that came out is a leak even when the process died afterwards', async (t) => {
  t.match(outcomeOf(ended({ signal: 'SIGKILL', stdout: 'try read /x\ndata secret\n' })), {
    kind: 'allowed',
    data: 'secret',
  });
});

t.test('a hang and an odd exit are neither a denial nor a kill', async (t) => {
  const tried = { stdout: 'try read /x\n' };
  t.match(outcomeOf(ended({ ...tried, timedOut: true, signal: 'SIGKILL' })), { kind: 'stopped-otherwise' });
  t.match(outcomeOf(ended({ ...tried, exitCode: 3 })), { kind: 'stopped-otherwise', why: /3/ });
});
