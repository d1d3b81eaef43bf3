import type { Interceptor } from '../interceptor.js';

type Execute = (input: never, options: never) => unknown;

/** The part of the AI SDK's tool shape that is needed. */
interface AiTool {
  readonly execute?: Execute | undefined;
}

/**
 * The AI SDK's tools (`tools` of `generateText` and its kin), each asked about under its name before it runs. Tools
 * without `execute` are run by somebody else and stay as they are. The SDK reports a denied call as a tool error.
 */
export function governAiTools<T extends Readonly<Record<string, AiTool>>>(
  interceptor: Interceptor,
  tools: T,
): T {
  const governed = Object.entries(tools).map(([name, tool]) => [
    name,
    tool.execute ? { ...tool, execute: governExecute(interceptor, name, tool.execute.bind(tool)) } : tool,
  ]);
  return Object.fromEntries(governed) as T;
}

function governExecute(interceptor: Interceptor, name: string, execute: Execute): Execute {
  return async (input: never, options: never) => {
    const result: unknown = await interceptor.run(name, input, (allowed) => execute(allowed, options));
    return isAsyncIterable(result) ? lastOf(result) : result;
  };
}

/** A tool may yield preliminary results; the last one is its result. */
async function lastOf(results: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const result of results) last = result;
  return last;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
