import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import t from 'tap';
import { z } from 'zod';
import { governMcpServer } from '../../../src/governance/index.js';
import { govern } from '../governed.js';

const governed = await govern('allow echo\nredact login mask /password\n');
t.teardown(() => governed.end());

async function connected(server: McpServer): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(theirs), client.connect(ours)]);
  t.teardown(() => client.close());
  return client;
}

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

t.test('tools/call of the real server is asked about', async (t) => {
  let wiped = false;
  const server = governMcpServer(governed.interceptor, new McpServer({ name: 'demo', version: '1' }));
  server.registerTool('echo', { inputSchema: { text: z.string() } }, (args) => text(args.text));
  server.registerTool('login', { inputSchema: { password: z.string() } }, (args) => text(args.password));
  server.registerTool('wipe', { inputSchema: {} }, () => {
    wiped = true;
    return text('gone');
  });
  const client = await connected(server);

  t.match(await client.callTool({ name: 'echo', arguments: { text: 'hi' } }), text('hi'));
  t.match(await client.callTool({ name: 'login', arguments: { password: 'hunter2' } }), text('[redacted]'));
  const denied = await client.callTool({ name: 'wipe', arguments: {} });
  t.match(denied, { isError: true, content: [{ type: 'text', text: /cannot call the tool wipe: denied/ }] });
  t.notOk(wiped);
  t.equal((await client.listTools()).tools.length, 3, 'other requests pass as they are');
});

t.test('a server that has its tools already cannot be governed unnoticed', (t) => {
  const server = new McpServer({ name: 'demo', version: '1' });
  server.registerTool('wipe', { inputSchema: {} }, () => text('gone'));
  t.throws(() => governMcpServer(governed.interceptor, server), { code: 'CONFIG_INVALID' });
  t.end();
});
