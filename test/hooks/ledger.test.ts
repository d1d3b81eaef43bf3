import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import t from 'tap';
import {
  Ledger,
  ledgerPath,
  runInvocation,
  type ActEnd,
  type EventSink,
  type LedgerEvent,
} from '../../src/hooks/index.js';
import { loadHooks } from '../../src/hooks/load.js';
import { InvocationLog } from '../../src/hooks/invocation-log.js';
import { readLedger, type LedgerLine } from '../../src/hooks/ledger-reader.js';
import { packageRoot } from '../../src/paths.js';
import { plainNode } from '../plain-node.js';
import { failWith, Project, succeed } from './project.js';

const event = (sequence: number, argv: readonly string[] = []): LedgerEvent => ({
  schema_version: 1,
  type: 'invocation.started',
  time: new Date().toISOString(),
  sequence,
  correlation_id: '00000000-0000-4000-8000-000000000000',
  command: 'test',
  argv,
  outcome: 'started',
  duration_ms: 0,
});

async function read(path: string): Promise<LedgerLine[]> {
  const lines = [];
  for await (const line of readLedger(path)) lines.push(line);
  return lines;
}

/** A sink that fails from its nth call on. */
function failingSink(from: number, inner?: EventSink): EventSink {
  let calls = 0;
  return {
    append: (one) => {
      calls += 1;
      if (calls >= from) throw new Error('the ledger is broken');
      inner?.append(one);
    },
    close: () => {
      inner?.close();
      throw new Error('the ledger cannot even be closed');
    },
  };
}

t.test('a ledger that fails at any event changes nothing of the outcome, and is told', async (t) => {
  for (let from = 1; from <= 6; from += 1) {
    const project = await new Project(t)
      .declare(
        { name: 'allow', kind: 'before_invocation', failurePolicy: 'fail_closed' },
        { name: 'mark', kind: 'on_error' },
      )
      .trust();
    const { end, problems } = await runInvocation({
      command: 'test',
      argv: [],
      act: failWith(42, 'the disk is gone'),
      loadHooks: () => loadHooks(project.manifest),
      openLedger: () => failingSink(from),
    });
    t.match(end, { type: 'invocation.failed', exit_code: 42, cause: 'the disk is gone' }, `from ${from}`);
    t.same(problems, ['the ledger is broken', 'the ledger cannot even be closed'], 'told once each');
    t.ok(project.has('marker-allow') && project.has('marker-mark'), 'every hook was run');
  }
});

t.test('a veto stands although the ledger fails', async (t) => {
  const project = await new Project(t).declare({ name: 'deny' }).trust();
  const { end } = await runInvocation({
    command: 'test',
    argv: [],
    act: succeed,
    loadHooks: () => loadHooks(project.manifest),
    openLedger: () => failingSink(1),
  });
  t.match(end, { type: 'invocation.blocked', veto: true });
});

t.test('a ledger that cannot be opened is told; when it is required, nothing runs', async (t) => {
  const request = {
    command: 'test',
    argv: [],
    loadHooks: () => Promise.resolve(undefined),
    openLedger: () => Ledger.open('/proc/nonesuch/ledger'),
  };
  const { end, problems } = await runInvocation({ ...request, act: succeed });
  t.equal(end.type, 'invocation.completed');
  t.match(problems, [/cannot write the ledger \/proc\/nonesuch\/ledger/]);
  let wasRun = false;
  const act = (): Promise<ActEnd> => {
    wasRun = true;
    return succeed();
  };
  await t.rejects(runInvocation({ ...request, act, requireLedger: true }), { code: 'LEDGER_UNWRITABLE' });
  const broken = { ...request, openLedger: () => failingSink(1), act, requireLedger: true };
  await t.rejects(runInvocation(broken), { code: 'LEDGER_UNWRITABLE' });
  t.notOk(wasRun);
});

t.test('a required ledger that fails later does not change the outcome', async (t) => {
  const { end, problems } = await runInvocation({
    command: 'test',
    argv: [],
    act: succeed,
    loadHooks: () => Promise.resolve(undefined),
    openLedger: () => failingSink(2),
    requireLedger: true,
  });
  t.equal(end.type, 'invocation.completed');
  t.match(problems, [/broken/, /closed/]);
});

t.test('what is not a plain file of ours is not written', (t) => {
  const project = new Project(t);
  const refused = (path: string, said: RegExp) =>
    t.throws(() => Ledger.open(path), { code: 'LEDGER_UNWRITABLE', message: said });
  const victim = join(project.root, 'victim');
  writeFileSync(victim, '');
  symlinkSync(victim, join(project.root, 'link'));
  refused(join(project.root, 'link'), /symbolic link|ELOOP/);
  linkSync(victim, join(project.root, 'hard'));
  refused(join(project.root, 'hard'), /hard link/);
  refused('/dev/full', /not a plain file/);
  refused(project.root, /EISDIR|directory/);
  execFileSync('mkfifo', [join(project.root, 'fifo')]);
  refused(join(project.root, 'fifo'), /not a plain file/);
  t.equal(readFileSync(victim, 'utf8'), '');
  t.end();
});

t.test('the ledger is for its owner only, and its folder is made', (t) => {
  const project = new Project(t);
  const path = join(project.root, 'deep', 'er', 'ledger.jsonl');
  Ledger.open(path).close();
  const mode = (file: string) => execFileSync('stat', ['-c', '%a', file], { encoding: 'utf8' }).trim();
  t.equal(mode(path), '600');
  t.equal(mode(join(project.root, 'deep', 'er')), '700');
  t.end();
});

t.test('its place: AEGIS_LEDGER, XDG_STATE_HOME when absolute, else below the home folder', (t) => {
  t.equal(ledgerPath({ AEGIS_LEDGER: '/x/y', XDG_STATE_HOME: '/s' }), '/x/y');
  t.equal(ledgerPath({ XDG_STATE_HOME: '/s' }), '/s/aegis/ledger.jsonl');
  t.match(ledgerPath({ XDG_STATE_HOME: 'relative' }), /\/\.local\/state\/aegis\/ledger\.jsonl$/);
  t.end();
});

t.test('a torn last line is closed before the next event, and only it is lost', async (t) => {
  const project = new Project(t);
  const ledger = Ledger.open(project.ledger);
  ledger.append(event(1));
  appendFileSync(project.ledger, '{"schema_version":1,"type":"invo');
  t.match(await read(project.ledger), [
    { event: { sequence: 1 } },
    { line: 2, flaw: 'the last line is torn' },
  ]);
  ledger.append(event(2));
  ledger.close();
  t.match(await read(project.ledger), [
    { line: 1, event: { sequence: 1 } },
    { line: 2, flaw: /not JSON/ },
    { line: 3, event: { sequence: 2 } },
  ]);
});

t.test('reading: foreign, blank and endless lines are told and skipped', async (t) => {
  const project = new Project(t);
  const good = JSON.stringify(event(1));
  const forged = JSON.stringify({ ...event(2), outcome: 'succeeded' });
  writeFileSync(project.ledger, [good, '', '[]', forged, 'x'.repeat(3 * 1024 * 1024), good, ''].join('\n'));
  t.match(await read(project.ledger), [
    { line: 1, event: { sequence: 1 } },
    { line: 3, flaw: /must be object/ },
    { line: 4, flaw: /\/outcome must be "started"/ },
    { line: 5, flaw: 'it is too long' },
    { line: 6, event: { sequence: 1 } },
  ]);
  await t.rejects(read(join(project.root, 'nonesuch')), { code: 'LEDGER_UNREADABLE' });
  await t.rejects(read(project.root), { code: 'LEDGER_UNREADABLE' });
});

t.test('an invocation ends once, whatever is told later', async (t) => {
  const project = new Project(t);
  const log = new InvocationLog(Ledger.open(project.ledger), 'test', []);
  log.started();
  const cancelled = {
    type: 'invocation.cancelled',
    outcome: 'cancelled',
    exit_code: 130,
    signal: 'SIGINT',
  } as const;
  t.same(log.end(cancelled), cancelled);
  t.same(log.end({ type: 'invocation.completed', outcome: 'succeeded', exit_code: 0 }), cancelled);
  log.close();
  log.close();
  t.same(log.problems, []);
  t.same(await project.types(t), ['invocation.started', 'invocation.cancelled']);
});

t.test('two runs at once: no line is mixed, each invocation counts for itself', async (t) => {
  const project = new Project(t);
  const script = `
    const { Ledger, runInvocation } = await import(${JSON.stringify(join(packageRoot, 'dist/src/hooks/index.js'))});
    const argv = new Array(200).fill('x'.repeat(80));
    for (let i = 0; i < 150; i += 1)
      await runInvocation({ command: 'test', argv, act: async () => ({ exitCode: 0 }),
        loadHooks: async () => undefined, openLedger: () => Ledger.open(${JSON.stringify(project.ledger)}) });`;
  const { spawn } = await import('node:child_process');
  const runs = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((resolve) =>
          spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' }).on(
            'exit',
            resolve,
          ),
        ),
    ),
  );
  t.same(runs, [0, 0, 0]);
  const lines = await read(project.ledger);
  t.equal(lines.length, 3 * 150 * 2);
  const sequences = new Map<string, number[]>();
  for (const line of lines) {
    if ('flaw' in line) return t.fail(`line ${line.line}: ${line.flaw}`);
    const { correlation_id, sequence } = line.event;
    sequences.set(correlation_id, [...(sequences.get(correlation_id) ?? []), sequence]);
  }
  t.equal(sequences.size, 450);
  t.ok([...sequences.values()].every(([first, second]) => first === 1 && second === 2));
});

t.test('following: from a file not yet there, through growth, a half line and a new file', async (t) => {
  const project = new Project(t);
  const controller = new AbortController();
  const seen: number[] = [];
  const arrived = new Map<number, () => void>();
  const following = (async () => {
    for await (const line of readLedger(project.ledger, { follow: true, signal: controller.signal })) {
      if ('flaw' in line) t.fail(line.flaw);
      else {
        seen.push(line.event.sequence);
        arrived.get(line.event.sequence)?.();
      }
    }
  })();
  const comes = (sequence: number) => new Promise<void>((resolve) => arrived.set(sequence, resolve));
  const append = async (sequence: number) => {
    const waited = comes(sequence);
    const ledger = Ledger.open(project.ledger);
    ledger.append(event(sequence));
    ledger.close();
    await waited;
  };
  await append(1);
  await append(2);
  const text = JSON.stringify(event(3));
  appendFileSync(project.ledger, text.slice(0, 20));
  const third = comes(3);
  appendFileSync(project.ledger, `${text.slice(20)}\n`);
  await third;
  renameSync(project.ledger, `${project.ledger}.1`);
  await append(4);
  controller.abort();
  await following;
  t.same(seen, [1, 2, 3, 4]);
});

const canMount =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
    ? false
    : 'no file system can be mounted here';
t.test('a hook that fills the disk of the ledger masks nothing', { skip: canMount }, async (t) => {
  const project = await new Project(t)
    .declare({ name: 'fill', env: ['AEGIS_LEDGER'] }, { name: 'mark', kind: 'on_error' })
    .trust();
  mkdirSync(join(project.root, 'small'));
  // The arguments make every event larger than what is left of the ledger's last page.
  const argv = ['hooks', 'run', '--', 'sh', '-c', 'exit 42', ...new Array<string>(12).fill('x'.repeat(1000))];
  const script = `mount -t tmpfs -o size=256k tmpfs small && "$@"; code=$?; cp small/ledger.jsonl kept; exit $code`;
  const { status, stderr } = spawnSync(
    'unshare',
    ['-rm', 'sh', '-c', script, 'sh', ...plainNode, join(packageRoot, 'bin', 'run.js'), ...argv],
    {
      cwd: project.root,
      encoding: 'utf8',
      env: { ...process.env, ...project.env, AEGIS_LEDGER: join(project.root, 'small', 'ledger.jsonl') },
    },
  );
  t.equal(status, 42, stderr);
  t.match(stderr, /Warning: cannot write the ledger .*(ENOSPC|fitted)/);
  t.ok(project.has('marker-mark'), 'the hooks behind it were run');
  const kept = await read(join(project.root, 'kept'));
  t.match(kept[0], { event: { type: 'invocation.started' } }, 'what was written before is there');
});
