import { AegisError } from '../../errors.js';
import type { Interceptor } from '../interceptor.js';
import { ToolDenied } from '../record.js';

type Handler = (request: unknown, extra: unknown) => unknown;

/** The part of the SDK's low-level `Server` that is needed; `McpServer` has one as `server`. */
interface RequestServer {
  setRequestHandler(schema: never, handler: never): void;
}

interface ToolCall {
  readonly method: 'tools/call';
  readonly params: { readonly name: string; readonly arguments?: Record<string, unknown> };
}

/**
 * Governs every tool of a server of the Model Context Protocol's TypeScript SDK (`McpServer` or the low-level
 * `Server`), present and future. Call it before the first tool is registered: a handler that is there already would
 * go round it, hence `CONFIG_INVALID`. A denied call is answered as a tool error, with the reason as its text.
 */
export function governMcpServer<S extends RequestServer | { readonly server: RequestServer }>(
  interceptor: Interceptor,
  mcpServer: S,
): S {
  const server: RequestServer = 'server' in mcpServer ? mcpServer.server : mcpServer;
  if (hasToolHandler(server))
    throw new AegisError(
      'CONFIG_INVALID',
      'cannot govern the MCP server: it has a handler for tools/call already',
      {
        wayOut: 'Call governMcpServer right after the server is made, before any tool is registered.',
      },
    );
  const setRequestHandler = server.setRequestHandler.bind(server) as (
    schema: unknown,
    handler: Handler,
  ) => void;
  const governed = (schema: unknown, handler: Handler) =>
    setRequestHandler(schema, (request, extra) =>
      isToolCall(request)
        ? callTool(interceptor, request, (call) => handler(call, extra))
        : handler(request, extra),
    );
  Object.defineProperty(server, 'setRequestHandler', { value: governed });
  return mcpServer;
}

async function callTool(
  interceptor: Interceptor,
  request: ToolCall,
  call: (request: ToolCall) => unknown,
): Promise<unknown> {
  const { name, arguments: args = {} } = request.params;
  try {
    return await interceptor.run(name, args, (allowed) =>
      call({ ...request, params: { ...request.params, arguments: allowed } }),
    );
  } catch (error) {
    if (!(error instanceof ToolDenied)) throw error;
    return { isError: true, content: [{ type: 'text', text: error.message }] };
  }
}

function isToolCall(request: unknown): request is ToolCall {
  return (request as { method?: unknown } | null)?.method === 'tools/call';
}

/** The SDK tells of a handler only by refusing a second one. */
function hasToolHandler(server: RequestServer): boolean {
  const { assertCanSetRequestHandler } = server as { assertCanSetRequestHandler?: (method: string) => void };
  try {
    assertCanSetRequestHandler?.call(server, 'tools/call');
    return false;
  } catch {
    return true;
  }
}
