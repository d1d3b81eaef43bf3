import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import t from 'tap';
import { Operator } from '../../src/governance/operator.js';
import { packageRoot } from '../../src/paths.js';
import { RuntimeProcess } from '../../src/proof/governance/runtime-process.js';
import { run } from '../../src/sandbox/run.js';

const example = join(packageRoot, 'examples', 'mcp-server');
const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
const socketPath = join(folder, 'runtime.sock');
const policy = join(folder, 'policy.conf');
await copyFile(join(example, 'policy.conf'), policy);
await chmod(policy, 0o600);
const runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);

const client = new Client({ name: 'test', version: '1' });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [join(example, 'server.mjs')],
    env: { AEGIS_RUNTIME_SOCKET: socketPath },
    stderr: 'ignore',
  }),
);
t.teardown(async () => {
  await client.close();
  await runtime.end('SIGTERM');
  await rm(folder, { recursive: true });
});

const call = async (name: string, args: Record<string, unknown>) => {
  const { content, isError } = await client.callTool({ name, arguments: args });
  return { text: (content as { text: string }[])[0]?.text ?? '', isError: isError === true };
};

t.test('allowed, redacted and denied', async (t) => {
  t.match(await call('read_note', { name: 'a' }), { text: 'the note "a"', isError: false });
  const mail = await call('send_mail', { to: 'x@example.org', password: 'hunter2' });
  t.match(mail, { text: 'mail to x@example.org, logged in with [redacted]', isError: false });
  t.match(await call('run_shell', { command: 'id' }), {
    text: /denied \(no shells for agents\)/,
    isError: true,
  });
});

t.test('approved by an operator, and denied by one', async (t) => {
  for (const decision of ['allow', 'deny'] as const) {
    const operator = await Operator.connect({ socketPath });
    const { lastEvent } = await operator.status();
    const over = new AbortController();
    const call_ = call('transfer', { amount: 5 });
    await operator.follow({ after: lastEvent, signal: over.signal }, (event) => {
      if (event.type !== 'approval.requested') return;
      operator.decide(String(event['approvalId']), decision).finally(() => over.abort());
    });
    const { text, isError } = await call_;
    t.equal(isError, decision === 'deny');
    t.match(text, decision === 'allow' ? '5 transferred' : 'approval_denied');
    operator.close();
  }
});

t.test('a stock JSON-RPC client registers, asks and reads the status', async (t) => {
  const { exitCode, stdout, stderr } = await run([
    join(example, 'ask.sh'),
    socketPath,
    'run_shell',
    '{"command":"id"}',
  ]);
  t.equal(exitCode, 0, stderr);
  const [decision, status, end] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  t.match(decision, { decision: 'deny', reason: 'no shells for agents' });
  t.match(status, { agentCount: 2 });
  t.same(end, { deregistered: true });
});
