import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadNative, type NativeClient } from '../src/native.js';
import { RuntimeProcess } from '../src/proof/governance/runtime-process.js';

const native = loadNative();
if (native.state === 'missing') throw new Error(native.reason);
const { NativeClient: Client } = native.module;
const uid = process.geteuid?.() ?? 0;

const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
const socketPath = join(folder, 'runtime.sock');
const policy = join(folder, 'policy');
await writeFile(policy, 'version=6\n[tool]\ndefault deny\nallow ok\n', { mode: 0o600 });
const runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);
t.teardown(async () => {
  await runtime.end('SIGKILL');
  await rm(folder, { recursive: true });
});

async function registered(id: string): Promise<NativeClient> {
  const client = new Client();
  client.open(socketPath, uid);
  await client.hello(5000);
  const answer = await client.register(JSON.stringify({ agentId: id, name: id }), 5000);
  t.notMatch(answer, 'token', 'the token stays in the native client');
  return client;
}

t.test('asks, both ways, on one connection', async (t) => {
  const client = await registered('both');
  const pending = client.query('ok', '{}', 5000);
  t.match(JSON.parse(client.querySync('no', '{}', 5000)), { decision: 'deny' });
  t.match(JSON.parse(await pending), { decision: 'allow' }, 'an answer that came meanwhile is not lost');
  const many = await Promise.all(
    Array.from({ length: 500 }, (_, i) => client.query(i % 2 ? 'ok' : 'no', '{}', 5000)),
  );
  t.ok(many.every((answer, i) => answer.includes(i % 2 ? '"allow"' : '"deny"')));
  client.close();
  t.notOk(client.isOpen());
});

t.test('each failure has its word', async (t) => {
  const client = new Client();
  t.throws(() => client.open(join(folder, 'nobody.sock'), uid), { code: 'unreachable' });
  t.throws(() => client.open('x'.repeat(300), uid), { code: 'unreachable' });
  t.throws(() => client.open(`/${'x'.repeat(300)}`, uid), { code: 'unreachable', message: /at most 107/ });
  await t.rejects(client.query('ok', '{}', 100), { code: 'not_connected' });
  client.open(socketPath, uid);
  t.throws(() => client.open(socketPath, uid), { code: 'bad_argument' });
  await t.rejects(client.query('ok', '{}', 1000), { code: 'refused', rpcCode: -32001 });
  for (const args of ['', '{', '{}\n{}', 'x'.repeat(10), `"${'x'.repeat(2 << 20)}"`])
    await t.rejects(client.query('ok', args, 1000), { code: 'bad_argument' });
  t.throws(() => client.querySync('ok', '{', 1000), { code: 'bad_argument' });
  for (const deadline of [0, -1, NaN]) await t.rejects(client.query('ok', '{}', deadline));
  const pending = client.query('ok', '{}', 60_000);
  client.close();
  await t.rejects(pending, { code: 'channel_closed' });
});

t.test('a paused runtime: the deadline holds, both ways', async (t) => {
  const client = await registered('patient');
  runtime.pause();
  const started = performance.now();
  await t.rejects(client.query('ok', '{}', 100), { code: 'timeout' });
  t.throws(() => client.querySync('ok', '{}', 100), { code: 'timeout' });
  const took = performance.now() - started;
  t.ok(took > 190 && took < 3000, `${took} ms`);
  runtime.resume();
  t.match(
    JSON.parse(await client.query('ok', '{}', 5000)),
    { decision: 'allow' },
    'late answers are nobody’s',
  );
  client.close();
});

t.test('works in worker threads, and they may be terminated in the middle of a question', async (t) => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { NativeClient } = require(workerData.path);
    const client = new NativeClient();
    client.open(workerData.socketPath, workerData.uid);
    client.hello(5000).then(async () => {
      await client.register(JSON.stringify({ agentId: 'w' + workerData.i, name: 'w' }), 5000);
      await client.query('ok', '{}', 5000);
      parentPort.postMessage('asked');
      for (;;) workerData.i % 2 ? client.querySync('ok', '{}', 5000) : await client.query('ok', '{}', 5000);
    });`;
  for (let i = 0; i < 16; i++) {
    const worker = new Worker(program, { eval: true, workerData: { path: native.path, socketPath, uid, i } });
    t.same(await once(worker, 'message'), ['asked']);
    await worker.terminate();
  }
  t.ok(runtime.isAlive);
});

t.test('an idle connection keeps no process alive, and a dropped client closes', async (t) => {
  const program = `
    const { NativeClient } = require(${JSON.stringify(native.path)});
    const client = new NativeClient();
    client.open(${JSON.stringify(socketPath)}, ${uid});
    client.hello(5000).then(() => console.log('said hello'));`;
  const { run } = await import('../src/sandbox/run.js');
  t.match(await run([process.execPath, '-e', program], { timeoutMs: 20_000 }), {
    exitCode: 0,
    stdout: 'said hello',
  });
});

t.test('two hundred thousand questions leave no memory behind', async (t) => {
  const client = await registered('thrifty');
  const ask = (times: number) => {
    for (let i = 0; i < times; i++) client.querySync('ok', '{}', 5000);
  };
  ask(50_000);
  const before = process.memoryUsage().rss;
  ask(200_000);
  const gained = process.memoryUsage().rss - before;
  t.ok(gained < 32 << 20, `${gained >> 10} KiB gained`);
  client.close();
});
