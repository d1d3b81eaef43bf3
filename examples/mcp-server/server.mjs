#!/usr/bin/env node
/**
 * An MCP server whose tools are governed. What each may do stands in policy.conf beside this file:
 *   read_note   is allowed
 *   send_mail   is allowed, and never sees the password it was given
 *   transfer    waits until a person says yes: aegis approvals list, aegis approvals allow ID
 *   run_shell   is denied
 *
 * Start the runtime first:  aegis-agent runtime --policy examples/mcp-server/policy.conf
 * Then let an MCP client start this program; it speaks over stdin and stdout.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { governMcpServer, initAssembly } from 'aegis-cli/governance';
import { z } from 'zod';

// Under enforce this rejects unless the runtime knows this agent: no runtime, no server.
const assembly = await initAssembly({
  enforcementMode: 'enforce',
  agent: { id: `notes-${process.pid}`, name: 'notes', framework: 'mcp' },
  onRecord: (record) => console.error(`${record.tool}: ${record.action} (${record.reason})`),
});

// Before the first tool: from here on none can be called unasked.
const server = governMcpServer(assembly.interceptor, new McpServer({ name: 'notes', version: '1.0.0' }));
const text = (value) => ({ content: [{ type: 'text', text: value }] });

server.registerTool('read_note', { inputSchema: { name: z.string() } }, ({ name }) =>
  text(`the note "${name}"`),
);
server.registerTool(
  'send_mail',
  { inputSchema: { to: z.string(), password: z.string() } },
  ({ to, password }) => text(`mail to ${to}, logged in with ${password}`),
);
server.registerTool('transfer', { inputSchema: { amount: z.number() } }, ({ amount }) =>
  text(`${amount} transferred`),
);
server.registerTool('run_shell', { inputSchema: { command: z.string() } }, ({ command }) =>
  text(`ran ${command}`),
);

await server.connect(new StdioServerTransport());
process.stdin.on('end', () => void assembly.shutdown());
