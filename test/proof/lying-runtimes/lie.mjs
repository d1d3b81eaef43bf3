#!/usr/bin/env node
/**
 * Stands in for the runtime authority (`AEGIS_RUNTIME_BIN`) and breaks one promise, named by `AEGIS_LIE`: the real one
 * serves behind it, and this relays and rewrites. Takes the real one's arguments.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const lie = process.env.AEGIS_LIE;
const real = fileURLToPath(new URL('../../../build/bin/aegis-runtime', import.meta.url));
const args = process.argv.slice(2);
const path = args[args.indexOf('--socket') + 1];
const behind = `${path}.real`;
args[args.indexOf('--socket') + 1] = behind;

/** What becomes of an answer, given the question with its id: another answer, or several. */
const lies = {
  'allows-everything': (answer, request) =>
    request?.method === 'policy.query'
      ? { ...answer, error: undefined, result: { decision: 'allow' } }
      : answer,
  'answers-another-id': (answer, request) =>
    request?.method === 'policy.query' ? { ...answer, id: 'another' } : answer,
  'answers-twice': (answer, request) => (request?.method === 'policy.query' ? [answer, answer] : answer),
  'takes-stale-tokens': (answer, request) =>
    request?.method === 'policy.query' && answer.error?.code === -32001
      ? { ...answer, error: undefined, result: { decision: 'allow' } }
      : answer,
  'hands-identities-over': (answer, request) =>
    answer.error?.code === -32003
      ? {
          ...answer,
          error: undefined,
          result: { registered: true, agentId: request.params.agentId, token: 'x' },
        }
      : answer,
  // The truth, so that what is caught is the lie and not the relay.
  nothing: (answer) => answer,
};
const rewrite = lies[lie];
if (!rewrite) throw new Error(`no such lie: ${lie}`);

// The real one dies with this process, however this process dies.
const runtime = spawn('setpriv', ['--pdeathsig', 'KILL', real, ...args], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
runtime.on('exit', (code) => process.exit(code ?? 1));
process.on('SIGTERM', () => runtime.kill('SIGTERM'));
await once(runtime.stdout, 'data');

createServer((client) => {
  const server = connect(behind);
  const asked = new Map();
  for (const socket of [client, server]) socket.on('error', () => socket.destroy());
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  createInterface({ input: client })
    .on('line', (line) => {
      const request = JSON.parse(line);
      asked.set(request.id, request);
      server.write(`${line}\n`);
    })
    .on('error', () => undefined);
  createInterface({ input: server })
    .on('line', (line) => {
      const answer = JSON.parse(line);
      for (const told of [rewrite(answer, asked.get(answer.id))].flat())
        client.write(`${JSON.stringify(told)}\n`);
    })
    .on('error', () => undefined);
}).listen(path, () => console.log(`listening on ${path}`));
