import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LedgerEvent } from '../../src/hooks/index.js';
import { packageRoot } from '../../src/paths.js';
import { failWith, Project, succeed } from '../hooks/project.js';
import { plainNode } from '../plain-node.js';

const [shim, ...node] = plainNode;
const program = join(packageRoot, 'bin', 'run.js');

function show(project: Project, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(shim, [...node, program, 'ledger', 'show', ...args], {
    cwd: project.root,
    encoding: 'utf8',
    env: { ...process.env, ...project.env },
  });
  return { status, stdout, stderr };
}

/** A project with one invocation that succeeded and one that failed; their ids. */
async function withHistory(t: Test) {
  const project = await new Project(t).declare({ name: 'mark', kind: 'on_error' }).trust();
  const good = await project.invoke(succeed, ['--token', 'hunter22', '\u001b[31mred']);
  const bad = await project.invoke(failWith(42, 'the disk is gone'));
  return { project, good: good.correlationId, bad: bad.correlationId };
}

t.test('for people: one line an event, nothing that a terminal would obey', async (t) => {
  const { project, good } = await withHistory(t);
  const { status, stdout, stderr } = show(project);
  t.equal(status, 0);
  t.equal(stderr, '');
  t.equal(stdout.trim().split('\n').length, 6);
  t.match(stdout, `${good.slice(0, 8)}  1 invocation.started  test --token [redacted] \\u001b[31mred`);
  t.match(stdout, /invocation\.failed {2}test: exit 42; the disk is gone/);
  t.match(stdout, /hook\.completed {2}mark \(on_error, fail_open\)/);
  t.notMatch(stdout, '\u001b[31m');
});

t.test('--json prints the events as they are; --invocation takes an id or its beginning', async (t) => {
  const { project, bad } = await withHistory(t);
  const events = show(project, '--json').stdout.trim().split('\n');
  t.same(events, project.read('state/ledger.jsonl').trim().split('\n'));
  for (const id of [bad, bad.slice(0, 8)]) {
    const { status, stdout } = show(project, '--json', '--invocation', id);
    t.equal(status, 0);
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as LedgerEvent).correlation_id);
    t.same(ids, new Array(4).fill(bad));
  }
  t.match(show(project, '--invocation', 'ffffffff-none'), { status: 1, stdout: '' });
});

t.test('torn and foreign lines are told on stderr and skipped; no ledger is 99', async (t) => {
  const { project } = await withHistory(t);
  appendFileSync(project.ledger, 'foreign\n{"schema_version":1,');
  const { status, stdout, stderr } = show(project, '--json');
  t.equal(status, 0);
  t.equal(stdout.trim().split('\n').length, 6);
  t.match(stderr, /line 7 of the ledger is skipped/);
  t.match(stderr, /line 8 of the ledger is skipped: the last line is torn/);
  t.match(show(new Project(t)), { status: 99, stderr: /cannot read the ledger[^]*Way out/ });
});

t.test('--follow shows what comes, until Ctrl-C', async (t) => {
  const { project } = await withHistory(t);
  const child = spawn(shim, [...node, program, 'ledger', 'show', '--follow', '--json'], {
    env: { ...process.env, ...project.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  let wake = () => {};
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    wake();
  });
  const lines = async (count: number) => {
    while (text.split('\n').length <= count) await new Promise<void>((resolve) => (wake = resolve));
  };
  await lines(6);
  await project.invoke(succeed);
  await lines(8);
  t.match(JSON.parse(text.trim().split('\n')[7] ?? ''), { type: 'invocation.completed' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  t.equal(await ended, 130);
});
