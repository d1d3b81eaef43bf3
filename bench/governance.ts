import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createGovernance } from '../src/governance/index.js';
import { loadNative, type NativeClient } from '../src/native.js';
import { RawClient } from '../src/proof/governance/raw-client.js';
import { RuntimeProcess } from '../src/proof/governance/runtime-process.js';
import { startEcho } from './governance/echo.js';

interface Row {
  readonly what: string;
  readonly value: string;
}

const samples = 5000;
const rounds = 9;
const clients = 8;

/** The price of asking: a query's round trip beside a bare echo over the same kind of socket, in the same run. */
export default async function bench(): Promise<{ name: string; rows: Row[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'aegis-bench-'));
  const socketPath = join(folder, 'runtime.sock');
  const policy = join(folder, 'policy');
  // A thousand rules, the one that decides last; every other one is a glob.
  const rules = Array.from({ length: 999 }, (_, i) => `deny ${i % 2 ? `tool-${i}` : `tool-${i}.*`}\n`).join(
    '',
  );
  await writeFile(policy, `version=6\n[tool]\ndefault deny\n${rules}allow ok.tool\n`, { mode: 0o600 });
  const runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);
  const echo = await startEcho(folder);
  try {
    const client = await connect(socketPath);
    // The echo answers a query's bytes with an answer's bytes and looks at neither.
    const bare = await connect(echo.socketPath);
    const async_: number[] = [];
    const asyncEcho: number[] = [];
    const sync: number[] = [];
    const syncEcho: number[] = [];
    for (let round = 0; round < rounds; round++) {
      async_.push(await asyncMedian(client));
      asyncEcho.push(await asyncMedian(bare));
      sync.push(syncMedian(client));
      syncEcho.push(syncMedian(bare));
    }
    const rows: Row[] = [
      row('query, asynchronous', async_, asyncEcho),
      row('query, synchronous', sync, syncEcho),
      await throughputRow(socketPath, echo.socketPath),
      { what: 'a million synchronous queries: memory gained', value: await leak(client) },
      { what: 'reconnect after a restart, median of 9', value: await reconnect(folder, policy) },
    ];
    client.close();
    bare.close();
    return { name: 'the pre-execution check', rows };
  } finally {
    await echo.end();
    await runtime.end('SIGTERM');
    await rm(folder, { recursive: true });
  }
}

async function connect(socketPath: string): Promise<NativeClient> {
  const native = loadNative();
  if (native.state === 'missing') throw new Error(native.reason);
  const client = new native.module.NativeClient();
  client.open(socketPath, process.geteuid?.() ?? 0);
  await client.hello(5000);
  await client.register(JSON.stringify({ agentId: `bench-${Math.random()}`, name: 'bench' }), 5000);
  return client;
}

async function asyncMedian(client: NativeClient): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const started = process.hrtime.bigint();
    await client.query('ok.tool', '{"path":"/srv/data/a"}', 5000);
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  return median(times);
}

function syncMedian(client: NativeClient): number {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const started = process.hrtime.bigint();
    client.querySync('ok.tool', '{"path":"/srv/data/a"}', 5000);
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  return median(times);
}

/** Ours and the echo's in turn, so that a drift of the machine hits both alike. */
async function throughputRow(socketPath: string, echoPath: string): Promise<Row> {
  const ours: number[] = [];
  const echo: number[] = [];
  for (let round = 0; round < 3; round++) {
    ours.push(await throughput(socketPath));
    echo.push(await throughput(echoPath));
  }
  const [a, b] = [median(ours), median(echo)];
  return {
    what: `queries a second from ${clients} clients, median of 3`,
    value: `${a.toFixed(0)} (bare echo ${b.toFixed(0)}, ratio ${(b / a).toFixed(2)})`,
  };
}

/** Each client in a thread of its own, sixteen questions on their way at a time. */
async function throughput(socketPath: string): Promise<number> {
  const program = new URL('./governance/load.js', import.meta.url);
  const workers = Array.from(
    { length: clients },
    (_, index) => new Worker(program, { workerData: { socketPath, index } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const started = performance.now();
  for (const worker of workers) worker.postMessage('go');
  const counts = await Promise.all(
    workers.map(async (worker) => (await once(worker, 'message'))[0] as number),
  );
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

async function leak(client: NativeClient): Promise<string> {
  for (let i = 0; i < 100_000; i++) client.querySync('ok.tool', '{}', 5000);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 1_000_000; i++) client.querySync('ok.tool', '{}', 5000);
  await client.query('ok.tool', '{}', 5000);
  return `${((process.memoryUsage().rss - before) / 1024).toFixed(0)} KiB`;
}

async function reconnect(folder: string, policy: string): Promise<string> {
  const socketPath = join(folder, 'restarted.sock');
  const times: number[] = [];
  let runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);
  const governance = await createGovernance({
    enforcementMode: 'enforce',
    agent: { id: 'bench', name: 'bench' },
    socketPath,
    onWarning: () => undefined,
  });
  for (let i = 0; i < 9; i++) {
    await runtime.end('SIGKILL');
    runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);
    const started = performance.now();
    const watcher = await RawClient.connect(socketPath);
    while (((await watcher.call('status.get', {})).result?.['agentCount'] as number) === 0);
    times.push(performance.now() - started);
    watcher.close();
  }
  await governance.close();
  await runtime.end('SIGTERM');
  return `${median(times).toFixed(1)} ms`;
}

function row(what: string, ours: number[], echo: number[]): Row {
  const [a, b] = [median(ours), median(echo)];
  return {
    what: `${what}, median`,
    value: `${a.toFixed(1)} µs (bare echo ${b.toFixed(1)} µs, ratio ${(a / b).toFixed(2)})`,
  };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
