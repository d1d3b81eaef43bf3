import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Stands between an agent and the real runtime and rewrites what the agent sends, so that the real runtime sees, for
 * example, a wrong token, and the real client gets the real runtime's answer to it. Returns the way to take it down.
 */
export async function startRelay(
  socketPath: string,
  runtimePath: string,
  rewrite: (line: string) => string,
): Promise<() => Promise<void>> {
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer((agent) => {
    const runtime = connect(runtimePath);
    for (const socket of [agent, runtime]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
    }
    agent.on('close', () => runtime.destroy());
    runtime.on('close', () => agent.destroy());
    const lines = createInterface({ input: agent });
    lines.on('line', (line) => runtime.write(`${rewrite(line)}\n`)).on('error', () => undefined);
    runtime.pipe(agent);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  };
}
