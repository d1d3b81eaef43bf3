import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/paths.js';
import { Project } from '../hooks/project.js';
import { plainNode } from '../plain-node.js';

const [shim, ...node] = plainNode;

/** A project and the shipped command line in it. */
function inProject(t: Test) {
  const project = new Project(t);
  const aegis = (
    args: readonly (string | Buffer)[],
    env: Record<string, string> = {},
    cwd = project.root,
  ) => {
    const { status, stdout, stderr } = spawnSync(
      shim,
      [...node, join(packageRoot, 'bin', 'run.js'), ...(args as string[])],
      { cwd, encoding: 'utf8', env: { ...process.env, ...project.env, ...env } },
    );
    return { status, stdout, stderr };
  };
  return { project, aegis };
}

const ask = { name: 'ask', failurePolicy: 'fail_closed', entrypoint: ['hooks/allow'] } as const;

t.test('from declared to trusted to run to untrusted', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare(ask);
  t.match(aegis(['hooks', 'list']), {
    status: 0,
    stdout: /ask +before_invocation +fail_closed .* untrusted/,
  });
  t.match(aegis(['hooks', 'check']), { status: 1, stdout: /untrusted {2}ask: never trusted/ });
  const blocked = aegis(['hooks', 'run', '--', 'touch', 'was-run']);
  t.match(blocked, { status: 1, stdout: '', stderr: /Error: cannot run this command: .*not trusted/ });
  t.notOk(project.has('was-run'));

  t.match(aegis(['hooks', 'trust']), { status: 0, stdout: / trusted/ });
  t.match(aegis(['hooks', 'check']), { status: 0, stdout: /1 hooks, all trusted/ });
  t.match(aegis(['hooks', 'run', '--', 'touch', 'was-run']), { status: 0, stdout: '', stderr: '' });
  t.ok(project.has('was-run') && project.has('marker-allow'));

  appendFileSync(join(project.root, 'hooks', 'allow'), '\n');
  t.match(aegis(['hooks', 'check']), { status: 1, stdout: /changed {2}ask: the executable changed/ });
  t.match(aegis(['hooks', 'run', '--', 'true']), { status: 1, stderr: /entrypoint_changed/ });
  t.match(aegis(['hooks', 'trust']), { status: 0 });
  t.match(aegis(['hooks', 'run', '--', 'true']), { status: 0 });

  t.match(aegis(['hooks', 'untrust']), { status: 0, stdout: /is no longer trusted/ });
  t.match(aegis(['hooks', 'untrust']), { status: 0, stdout: /was not trusted/ });
  t.match(aegis(['hooks', 'run', '--', 'true']), { status: 1, stderr: /not trusted/ });
});

t.test('--json of each', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare({ ...ask, env: ['TICKET'] });
  const json = (...args: string[]) =>
    JSON.parse(aegis([...args, '--json']).stdout) as Record<string, unknown>;
  const hook = {
    index: 0,
    name: 'ask',
    kind: 'before_invocation',
    entrypoint: ['hooks/allow'],
    entrypoint_sha256: /^[0-9a-f]{64}$/,
    failure_policy: 'fail_closed',
    timeout_seconds: 5,
    permissions: ['argv', 'veto'],
    env: ['TICKET'],
  };
  t.match(json('hooks', 'list'), { manifest: project.manifest, hooks: [{ ...hook, state: 'untrusted' }] });
  t.match(json('hooks', 'trust'), { trusted_at: /Z$/, hooks: [{ ...hook, state: 'trusted', reason: null }] });
  t.match(json('hooks', 'check'), { budget_seconds: 60, hooks: [{ state: 'trusted' }] });
  t.match(json('hooks', 'untrust'), { manifest: project.manifest, was_trusted: true });
  rmSync(project.manifest);
  t.match(json('hooks', 'list'), { manifest: null, hooks: [] });
});

t.test('a wrong manifest: 2, with its pointer; a command under it is blocked', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare({ name: 'a', kind: 'on_error', failurePolicy: 'fail_closed' });
  for (const verb of ['list', 'check', 'trust'])
    t.match(
      aegis(['hooks', verb]),
      { status: 2, stdout: '', stderr: /\/hooks\/0\/failurePolicy must be/ },
      verb,
    );
  t.match(aegis(['hooks', 'run', '--', 'true']), { status: 1, stderr: /\/hooks\/0\/failurePolicy must be/ });
  project.write('{');
  t.match(aegis(['hooks', 'check']), { status: 2, stderr: /not JSON/ });
  t.match(aegis(['hooks', 'untrust']), { status: 0 }, 'trust in a broken manifest can be taken back');
  project.declare({ name: 'gone', entrypoint: ['hooks/gone'] });
  t.match(aegis(['hooks', 'trust']), {
    status: 2,
    stderr: /\/hooks\/0\/entrypoint\/0 hooks\/gone: it does not/,
  });
  t.match(aegis(['hooks', 'check']), { status: 1, stdout: /invalid {2}gone: \/hooks\/0\/entrypoint\/0/ });
});

t.test('without a manifest', async (t) => {
  const { aegis } = inProject(t);
  t.match(aegis(['hooks', 'list']), { status: 0, stdout: /No hooks/ });
  for (const verb of ['check', 'trust', 'untrust'])
    t.match(aegis(['hooks', verb]), { status: 2, stderr: /there is no aegis.hooks.json/ }, verb);
  t.match(aegis(['hooks', 'run', '--', 'true']), { status: 0, stderr: '' });
  t.match(aegis(['hooks', 'run', '--', 'true'], { AEGIS_HOOKS: '/nonexistent/x.json' }), {
    status: 1,
    stderr: /\/nonexistent\/x.json: it does not exist/,
  });
});

t.test('--manifest, AEGIS_HOOKS and a folder below all find it', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare(ask);
  const below = join(project.root, 'a', 'b');
  mkdirSync(below, { recursive: true });
  t.match(aegis(['hooks', 'trust', '--manifest', project.manifest], {}, '/'), { status: 0 });
  t.match(aegis(['hooks', 'check'], { AEGIS_HOOKS: project.manifest }, '/'), { status: 0 });
  t.match(aegis(['hooks', 'run', '--', 'pwd'], {}, below), { status: 0, stdout: `${below}\n` });
  t.ok(project.has('marker-allow'), 'hooks run in the folder of the manifest');
});

t.test('hooks run: exit codes and output are the command’s own', async (t) => {
  const { project, aegis } = inProject(t);
  t.match(aegis(['hooks', 'run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']), {
    status: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  for (const [command, code, cause] of [
    [['true'], 0, undefined],
    [['sh', '-c', 'exit 77'], 77, /exit code 77/],
    [['sh', '-c', 'kill -9 $$'], 137, /killed by SIGKILL/],
    [['sh', '-c', 'kill -TERM $$'], 143, /killed by SIGTERM/],
    [['--timeout', '1', '--', 'sleep', '60'], 124, /longer than 1 s/],
    [['/etc/passwd'], 126, /cannot execute \/etc\/passwd: EACCES/],
    [['/nonexistent/program'], 127, /cannot find/],
  ] as const) {
    rmSync(project.ledger, { force: true });
    const args = command[0] === '--timeout' ? command : ['--', ...command];
    t.equal(aegis(['hooks', 'run', ...args]).status, code, command.join(' '));
    await project.types(t);
    const end = (await project.events(t)).at(-1);
    t.match(end, { exit_code: code, ...(cause ? { type: 'invocation.failed', cause } : {}) });
  }
  t.match(aegis(['hooks', 'run']), { status: 2, stderr: /cannot tell which command to run[^]*Way out/ });
  t.match(aegis(['hooks', 'run', 'true']), { status: 2 });
  t.match(aegis(['hooks', 'run', '--timeout', '0', '--', 'true']), { status: 2, stderr: /timeout|0/ });
  t.match(aegis(['hooks', 'run', '--nonesuch', '--', 'true']), { status: 2, stderr: /nonesuch/ });
});

t.test('a veto is shown with its reason, harmlessly', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare({ name: 'deny', failurePolicy: 'fail_closed' });
  aegis(['hooks', 'trust']);
  t.match(aegis(['hooks', 'run', '--', 'touch', 'was-run']), {
    status: 1,
    stdout: '',
    stderr: 'Error: cannot run this command: no change ticket\n',
  });
  t.notOk(project.has('was-run'));
  chmodSync(join(project.root, 'hooks', 'deny'), 0o700);
  const nasty = `#!/bin/sh\nprintf '{"decision":"deny","reason":"\\\\u001b[2J\\\\u202egone"}'\n`;
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(project.root, 'hooks', 'deny'), nasty);
  aegis(['hooks', 'trust']);
  const { stderr } = aegis(['hooks', 'run', '--', 'true']);
  t.match(stderr, '\\u001b[2J\\u202egone');
  t.notMatch(stderr, '\u001b[2J');
});

t.test('--require-ledger refuses before anything runs; without it the command runs and warns', async (t) => {
  const { project, aegis } = inProject(t);
  project.declare(ask);
  aegis(['hooks', 'trust']);
  const env = { AEGIS_LEDGER: '/proc/nonesuch/ledger' };
  t.match(aegis(['hooks', 'run', '--require-ledger', '--', 'touch', 'was-run'], env), {
    status: 99,
    stderr: /cannot write the ledger[^]*Way out/,
  });
  t.notOk(project.has('was-run') || project.has('marker-allow'));
  t.match(aegis(['hooks', 'run', '--', 'sh', '-c', 'touch was-run; exit 5'], env), {
    status: 5,
    stderr: /Warning: cannot write the ledger/,
  });
  t.ok(project.has('was-run'));
  t.equal(
    aegis(['hooks', 'run', '--', 'sh', '-c', 'exit 6', '--require-ledger'], env).status,
    6,
    'behind the dashes it is not ours',
  );
});

t.test('arguments that are not UTF-8 are refused, with one end', async (t) => {
  const { project } = inProject(t);
  const { status, stderr } = spawnSync(
    'sh',
    [
      '-c',
      `"$1" "$2" hooks run -- echo "$(printf '\\377')"`,
      'sh',
      process.execPath,
      join(packageRoot, 'bin', 'run.js'),
    ],
    { cwd: project.root, encoding: 'utf8', env: { ...process.env, ...project.env } },
  );
  t.equal(status, 2);
  t.match(stderr, /argument 3 is not UTF-8/);
  t.same(await project.types(t), ['invocation.started', 'invocation.failed']);
});

t.test('help names what it needs to', async (t) => {
  const { aegis } = inProject(t);
  const { stdout } = aegis(['hooks', 'run', '--help']);
  t.match(stdout, /--require-ledger/);
  t.match(stdout, /EXAMPLES/);
  for (const verb of ['list', 'check', 'trust', 'untrust'])
    t.match(aegis(['hooks', verb, '--help']), { status: 0, stdout: /EXAMPLES/ }, verb);
});

t.test('the examples are trusted and run as they are shipped', async (t) => {
  const { project, aegis } = inProject(t);
  const examples = join(packageRoot, 'examples', 'hooks');
  const { cpSync } = await import('node:fs');
  cpSync(examples, join(project.root, 'examples'), { recursive: true });
  const root = join(project.root, 'examples');
  const run = (env: Record<string, string>, ...command: string[]) =>
    aegis(
      ['hooks', 'run', '--', ...command],
      {
        TICKET_DIR: join(root, 'tickets'),
        PAGER_FILE: join(root, 'pages'),
        TIMING_LOG: join(root, 'timing.log'),
        ...env,
      },
      root,
    );
  t.match(aegis(['hooks', 'trust'], {}, root), { status: 0 });
  t.match(run({}, 'true'), { status: 1, stderr: /CHANGE_TICKET is not set/ });
  t.match(run({ CHANGE_TICKET: '../../etc/passwd' }, 'true'), { status: 1, stderr: /is no ticket/ });
  t.match(run({ CHANGE_TICKET: 'CHG-404' }, 'true'), { status: 1, stderr: /CHG-404 is not open/ });
  t.match(run({ CHANGE_TICKET: 'CHG-1' }, 'true'), { status: 0, stderr: '' });
  t.match(run({ CHANGE_TICKET: 'CHG-1' }, 'sh', '-c', 'exit 42'), { status: 42 });
  const failed = (await project.events(t)).filter(({ type }) => type === 'hook.failed');
  t.same(failed, [], 'every hook did its work');
  t.match(readFileSync(join(root, 'pages'), 'utf8'), /hooks run failed with exit code 42/);
  const timing = readFileSync(join(root, 'timing.log'), 'utf8').trim().split('\n');
  t.match(timing, [/succeeded 0 \d+ ms hooks run/, /failed 42 \d+ ms hooks run/]);
});
