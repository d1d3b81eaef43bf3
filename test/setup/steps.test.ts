import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { setupFolder } from './load.js';

/**
 * A set-up of two steps. Each writes its name to `log`, and is done once its file is there; the second waits for the
 * file `go` inside a child process, as real steps do.
 */
const script = `
import { existsSync, writeFileSync, appendFileSync } from 'node:fs';
import { guarded } from '${pathToFileURL(join(setupFolder, 'error.mjs')).href}';
import { Progress } from '${pathToFileURL(join(setupFolder, 'progress.mjs')).href}';
import { mustRun } from '${pathToFileURL(join(setupFolder, 'run-tool.mjs')).href}';
import { runSteps } from '${pathToFileURL(join(setupFolder, 'steps.mjs')).href}';
const step = (title, work) => ({
  title,
  isDone: async () => existsSync(title),
  run: async () => {
    appendFileSync('log', title + '\\n');
    await work();
    writeFileSync(title, '');
  },
});
const wait = 'until test -e go; do read -t 0.05 <> <(:) || :; done';
await guarded(async () => {
  const steps = [step('first', async () => {}), step('second', () => mustRun('wait', '', 'bash', ['-c', wait]))];
  console.log('worked', await runSteps(process.cwd(), steps, new Progress()));
});
`;

type Run = ChildProcessByStdio<null, Readable, Readable>;

function start(cwd: string): Run {
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function end(run: Run): Promise<{ code: number | null; text: string }> {
  let text = '';
  run.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  run.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(run, 'close')) as [number | null];
  return { code, text };
}

/** Resolves once the second step has begun. */
async function secondBegan(root: string): Promise<void> {
  const log = join(root, 'log');
  const watcher = watch(root);
  while (!existsSync(log) || !readFileSync(log, 'utf8').endsWith('second\n')) await once(watcher, 'change');
  watcher.close();
}

const logOf = (root: string) => readFileSync(join(root, 'log'), 'utf8').trim().split('\n');

t.test('every step once, then nothing', async (t) => {
  const root = t.testdir({ go: '' });
  const first = await end(start(root));
  t.match(first, { code: 0, text: 'worked 2' });
  const second = await end(start(root));
  t.equal(second.text, 'worked 0\n', 'a second run says nothing of steps');
  t.same(logOf(root), ['first', 'second']);
});

for (const [signal, code] of [
  ['SIGINT', 99],
  ['SIGTERM', 99],
  ['SIGKILL', null],
] as const)
  t.test(`a run that ${signal} cut off is resumed at the step it was in`, async (t) => {
    const root = t.testdir({});
    const run = start(root);
    const ended = end(run);
    await secondBegan(root);
    run.kill(signal);
    const cutOff = await ended;
    t.equal(cutOff.code, code);
    if (code !== null) t.match(cutOff.text, /interrupted by SIG\w+ while bash ran\. Run it again/);
    appendFileSync(join(root, 'go'), '');
    const again = await end(start(root));
    t.match(again, { code: 0, text: 'worked 1' }, 'the lock is free and the first step is not repeated');
    t.same(logOf(root), ['first', 'second', 'second']);
  });

t.test('two runs at once share the work', async (t) => {
  const root = t.testdir({});
  const one = start(root);
  const oneEnded = end(one);
  await secondBegan(root);
  const two = start(root);
  const twoEnded = end(two);
  await once(two.stdout, 'data');
  appendFileSync(join(root, 'go'), '');
  t.match(await oneEnded, { code: 0, text: 'worked 2' });
  const waited = await twoEnded;
  t.match(waited.text, 'another set-up is at work in this checkout');
  t.match(waited, { code: 0, text: 'worked 0' });
  t.same(logOf(root), ['first', 'second'], 'no step ran twice');
});
