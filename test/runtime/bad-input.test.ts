import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { FalseRuntime } from '../../src/proof/governance/false-runtime.js';
import { RawClient } from '../../src/proof/governance/raw-client.js';
import { runtimeBinary, RuntimeProcess } from '../../src/proof/governance/runtime-process.js';
import { run } from '../../src/sandbox/run.js';

const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
const socketPath = join(folder, 'runtime.sock');
const policy = join(folder, 'policy');
await writeFile(policy, 'version=6\n[tool]\ndefault allow\n', { mode: 0o600 });
const runtime = await RuntimeProcess.start(socketPath, ['--policy', policy, '--max-clients', '500']);
t.teardown(async () => {
  await runtime.end('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Somebody well-behaved, who must not notice anything. */
const bystander = await RawClient.connect(socketPath);
const { result } = await bystander.call('agent.register', { agentId: 'bystander', name: 'bystander' });
const credentials = { agentId: 'bystander', token: result?.['token'] };
/** A test at whose end the runtime has to live, and the bystander to be answered without delay. */
function survives(name: string, play: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await play(t);
    const started = performance.now();
    const answer = await bystander.call('policy.query', { ...credentials, tool: 'x', args: {} });
    t.match(answer, { result: { decision: 'allow' } }, 'the bystander is answered');
    t.ok(performance.now() - started < 2000, 'without delay');
    t.ok(runtime.isAlive, 'the runtime lives');
  });
}

async function open(): Promise<{ socket: Socket; next: () => Promise<string> }> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })
    .on('error', () => undefined)
    [Symbol.asyncIterator]();
  t.teardown(() => socket.destroy());
  return { socket, next: async () => String((await lines.next()).value) };
}

survives('each malformed frame gets its error, and the connection goes on', async (t) => {
  const { socket, next } = await open();
  const bad: [string, string | Buffer, number][] = [
    ['garbage', 'GET / HTTP/1.1', -32700],
    ['bad UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), -32700],
    ['NUL', '{"jsonrpc":"2.0","id":1,"method":"status.get"}\0{}', -32700],
    ['deep JSON', '['.repeat(500_000), -32700],
    ['a name twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"status.get"}', -32700],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"status.get"}]', -32600],
    ['no version', '{"id":1,"method":"status.get"}', -32600],
    ['unknown method', '{"jsonrpc":"2.0","id":1,"method":"system.reboot"}', -32601],
    ['positional parameters', '{"jsonrpc":"2.0","id":1,"method":"status.get","params":[1]}', -32602],
    ['a frame beyond the limit', `{"pad":"${'x'.repeat(1 << 20)}"}`, -32006],
    ['ten times beyond', 'y'.repeat(10 << 20), -32006],
  ];
  for (const [what, frame, code] of bad) {
    socket.write(Buffer.concat([Buffer.from(frame), Buffer.from('\n')]));
    t.match(JSON.parse(await next()), { jsonrpc: '2.0', error: { code } }, what);
  }
  socket.write('{"jsonrpc":"2.0","id":"ok","method":"status.get"}\n');
  t.match(JSON.parse(await next()), { id: 'ok', result: { policy: { loaded: true } } });
});

survives('an argument of almost a megabyte is judged', async (t) => {
  const args = { text: 'x'.repeat(1_000_000) };
  t.match(await bystander.call('policy.query', { ...credentials, tool: 'x', args }), {
    result: { decision: 'allow' },
  });
});

survives('who never reads is not waited for, and memory stays bounded', async (t) => {
  const { socket } = await open();
  socket.pause();
  const request = '{"jsonrpc":"2.0","id":1,"method":"status.get"}\n'.repeat(1000);
  for (let i = 0; i < 200; i++) socket.write(request);
  for (let i = 0; i < 50; i++) {
    const { result } = await bystander.call('status.get', {});
    const { heldBytes } = result?.['socket'] as { heldBytes: number };
    t.ok(heldBytes < 128 << 20);
  }
});

survives('who reads slowly gets every answer, in order', async (t) => {
  const socket = connect(socketPath);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  const count = 20_000;
  const params = `{"pad":"${'x'.repeat(200)}"}`;
  for (let i = 0; i < count; i++)
    socket.write(`{"jsonrpc":"2.0","id":${i},"method":"nothing","params":${params}}\n`);
  // A mouthful at a time; in between somebody else is served.
  const answers: string[] = [''];
  while (answers.length <= count) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await once(socket, 'readable');
      continue;
    }
    const [first = '', ...rest] = chunk.toString().split('\n');
    answers[answers.length - 1] += first;
    answers.push(...rest);
    await bystander.call('agent.heartbeat', credentials);
  }
  const ids = answers.slice(0, count).map((answer) => (JSON.parse(answer) as { id: number }).id);
  t.same(
    ids,
    Array.from({ length: count }, (_, i) => i),
  );
});

survives('ten thousand connections that say nothing lock nobody out', async (t) => {
  const silent: Socket[] = [];
  for (let i = 0; i < 10_000; i++) {
    const socket = connect(socketPath).on('error', () => undefined);
    silent.push(socket);
    // Half a frame is as much as nothing.
    if (i % 2) socket.write('{"jsonrpc":');
    if (i % 100 === 0) {
      const late = await RawClient.connect(socketPath);
      t.match(await late.call('status.get', {}), { result: { pid: Number } });
      late.close();
    }
  }
  const { result } = await bystander.call('status.get', {});
  t.match(result, { socket: { maxConnections: 500 } });
  t.ok((result?.['socket'] as { connections: number }).connections <= 500);
  for (const socket of silent) socket.destroy();
});

survives('a thousand agents at once', async (t) => {
  const wide = join(folder, 'wide.sock');
  const roomy = await RuntimeProcess.start(wide, ['--policy', policy]);
  try {
    const agents = await Promise.all(Array.from({ length: 1000 }, () => RawClient.connect(wide)));
    const answers = await Promise.all(
      agents.map(async (agent, i) => {
        const { result } = await agent.call('agent.register', { agentId: `a${i}`, name: 'n' });
        return agent.call('policy.query', {
          agentId: `a${i}`,
          token: result?.['token'],
          tool: 'x',
          args: { i },
        });
      }),
    );
    t.equal(answers.filter(({ result }) => result?.['decision'] === 'allow').length, 1000);
    // One of them asks without end and reads what it likes; the others notice nothing.
    const [greedy, ...others] = agents;
    for (let i = 0; i < 100_000; i++) greedy?.send(i, 'status.get', {});
    const times = await Promise.all(
      others.map(async (agent) => {
        const started = performance.now();
        await agent.call('status.get', {});
        return performance.now() - started;
      }),
    );
    const slowest = Math.max(...times);
    t.ok(slowest < 5000, `the slowest of ${times.length} waited ${Math.round(slowest)} ms`);
    for (const agent of agents) agent.close();
  } finally {
    await roomy.end('SIGTERM');
  }
});

survives('a place that cannot be listened at is refused with its reason', async (t) => {
  const refuse = async (path: string, reason: RegExp, flags: string[] = []) => {
    const { exitCode, stderr } = await run([runtimeBinary, '--socket', path, ...flags], {
      timeoutMs: 10_000,
    });
    t.equal(exitCode, 1, path.slice(-40));
    t.match(stderr, reason);
  };
  await refuse(socketPath, /another runtime is there/);
  await refuse(join(folder, 'x'.repeat(200)), /at most 107/);
  await refuse('relative.sock', /absolute path/);
  await refuse('/proc/runtime.sock', /cannot/);
  await refuse(join(folder, 'missing', 'runtime.sock'), /No such file/);
  const plain = join(folder, 'plain');
  await writeFile(plain, 'precious');
  await refuse(plain, /no socket is there/);
  const open = join(folder, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  await refuse(join(open, 'runtime.sock'), /others may write/);
  await symlink(folder, join(folder, 'link'));
  await refuse(join(folder, 'link', 'runtime.sock'), /links are not followed/);
  const taken = join(folder, 'taken.sock');
  const somebody = await FalseRuntime.listen(taken, {});
  await refuse(taken, /somebody listens/);
  await somebody.close();
});

survives('what a killed runtime left behind is cleared away, what a stopped one used is gone', async (t) => {
  const path = join(folder, 'again.sock');
  const first = await RuntimeProcess.start(path, []);
  await first.end('SIGKILL');
  const second = await RuntimeProcess.start(path, []);
  const client = await RawClient.connect(path);
  t.match(await client.call('status.get', {}), { result: { policy: { loaded: false } } });
  client.close();
  await second.end('SIGTERM');
  await t.rejects(RawClient.connect(path), { code: 'ENOENT' });
});

survives('a policy others may write is not trusted', async (t) => {
  const loose = join(folder, 'loose');
  await writeFile(loose, 'version=6\n[tool]\ndefault allow\n');
  await chmod(loose, 0o666);
  const path = join(folder, 'loose.sock');
  const wary = await RuntimeProcess.start(path, ['--policy', loose]);
  const client = await RawClient.connect(path);
  t.match(await client.call('status.get', {}), {
    result: { policy: { loaded: false, error: /others may write/ } },
  });
  client.close();
  await wary.end('SIGTERM');
});
