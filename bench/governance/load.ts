/** One client of the throughput measurement, in a thread of its own: sixteen questions on their way at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadNative } from '../../src/native.js';

const queries = 20_000;
const inFlight = 16;

if (parentPort) {
  const { socketPath, index } = workerData as { socketPath: string; index: number };
  const native = loadNative();
  if (native.state === 'missing') throw new Error(native.reason);
  const client = new native.module.NativeClient();
  client.open(socketPath, process.geteuid?.() ?? 0);
  await client.hello(5000);
  await client.register(JSON.stringify({ agentId: `load-${index}`, name: 'load' }), 5000);
  const port = parentPort;
  port.once('message', () => {
    let left = queries;
    const one = async () => {
      while (left-- > 0) await client.query('ok.tool', '{"path":"/srv/data/a"}', 30_000);
    };
    void Promise.all(Array.from({ length: inFlight }, one)).then(() => port.postMessage(queries));
  });
  port.postMessage('ready');
}
