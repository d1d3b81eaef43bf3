import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { AgentProcess } from '../../src/proof/governance/agent-process.js';
import { Stage, tools } from '../../src/proof/governance/stage.js';
import { aegis } from '../aegis.js';

// Each command is a process of its own, and there are three dozen.
t.setTimeout(200_000);

// The agent is a process of its own: whoever is one, or was started by one, may not decide.
const agent = AgentProcess.start();
const stage = await Stage.set('enforce', agent);
const runtime = await stage.runtime();
t.teardown(async () => {
  await stage.clear();
  await agent.end();
});
const env = { ...process.env, AEGIS_RUNTIME_SOCKET: stage.socketPath };
const ask = (...args: string[]) => aegis(args, { env });

await stage.startWell({ approvalTimeoutMs: 60_000 });

t.test('tools check', async (t) => {
  const allowed = await ask('tools', 'check', tools.allowed);
  t.match(allowed, { exitCode: 0, stdout: /^allow \(line 4 of the policy\)$/ });
  const denied = await ask('tools', 'check', tools.denied, '--args', '{"a":1}');
  t.match(denied, { exitCode: 1, stdout: /^deny: never this one \(line 5/ });
  const redacted = await ask('tools', 'check', tools.redacted, '--args', '{"secret":"x"}', '--json');
  t.equal(redacted.exitCode, 0);
  t.match(JSON.parse(redacted.stdout), { action: 'redact', redact: ['/secret'], rule: 6 });
  t.match(await ask('tools', 'check', tools.asked), {
    exitCode: 1,
    stdout: /^wait for approval: somebody looks/,
  });
  t.match(await ask('tools', 'check', 'x', '--args', '{'), { exitCode: 2, stderr: /not JSON/ });
  t.match(await ask('tools', 'check'), { exitCode: 2 });
  const nobody = await aegis(['tools', 'check', 'x', '--instance', 'no-such-instance']);
  t.match(nobody, { exitCode: 99, stderr: /no-such-instance.*No such file/s });
});

t.test('approvals: list, allow, deny', async (t) => {
  t.match(await ask('approvals', 'list'), { exitCode: 0, stdout: 'No call waits for approval.' });
  for (const decision of ['allow', 'deny'] as const) {
    await stage.dropMarker();
    const call = stage.call(tools.asked);
    const id = await waiting();
    t.match(await ask('approvals', 'list'), { exitCode: 0, stdout: new RegExp(`${id}.*${tools.asked}`) });
    t.match(await ask('approvals', 'list', id), { exitCode: 0, stdout: /arguments +\{.*hunter2/ });
    const decided = await ask('approvals', decision, id, '--json');
    t.equal(decided.exitCode, 0, decided.stderr);
    t.match(JSON.parse(decided.stdout), { approvalId: id, decision, tool: tools.asked });
    t.equal((await call).ok, decision === 'allow');
    t.equal(await stage.hasMarker(), decision === 'allow');
    t.match(await ask('approvals', decision, id), { exitCode: 1, stderr: /no such approval/ });
  }
  t.match(await ask('approvals', 'allow'), { exitCode: 2 });

  async function waiting(): Promise<string> {
    for (;;) {
      const { stdout } = await ask('approvals', 'list', '--json');
      const [first] = JSON.parse(stdout) as { approvalId: string }[];
      if (first) return first.approvalId;
    }
  }
});

t.test('events', async (t) => {
  const { exitCode, stdout } = await ask('events', '--json');
  t.equal(exitCode, 0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { sequence: number; type: string });
  t.same(
    events.map(({ sequence }) => sequence),
    events.map((_, i) => i + 1),
    'numbered without gaps',
  );
  for (const type of [
    'policy.loaded',
    'agent.registered',
    'tool.decided',
    'approval.requested',
    'approval.decided',
  ])
    t.ok(
      events.some((event) => event.type === type),
      type,
    );
  const last = await ask('events', '--after', String(events.length - 1));
  t.equal(last.stdout.trim().split('\n').length, 1);
  t.match(await ask('events', '--after', '1000000'), { exitCode: 0, stdout: '' });
});

t.test('events --follow goes on until the runtime goes', async (t) => {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'run.js'), 'events', '--follow'], { env });
  let [stdout, stderr] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await runtime.end('SIGTERM');
  t.same(await ended, [99, null]);
  t.match(stdout, /runtime\.stopping/);
  t.match(stderr, /the runtime went away/);
});
