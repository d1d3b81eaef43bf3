import { AegisError } from '../../errors.js';
import type { Interceptor } from '../interceptor.js';

type Call = (input: unknown, ...rest: unknown[]) => Promise<unknown>;

const governed = Symbol('aegis.governed');

/**
 * Governs a LangChain.js tool (`tool()`, `DynamicStructuredTool`, any `StructuredTool`) in place and returns it: each
 * way to invoke it goes through its `_call`, which asks first. `invoke` rejects with `ToolDenied` when it is denied.
 */
export function governLangChainTool<T extends { readonly name: string }>(
  interceptor: Interceptor,
  tool: T,
): T {
  const { _call: call, [governed]: isGoverned } = tool as T & { _call?: Call; [governed]?: boolean };
  if (isGoverned) return tool;
  if (typeof call !== 'function')
    throw new AegisError(
      'CONFIG_INVALID',
      `cannot govern the tool ${tool.name}: it is no LangChain tool (no _call)`,
    );
  const ask: Call = (input, ...rest) =>
    interceptor.run(tool.name, input, (allowed) => call.call(tool, allowed, ...rest));
  Object.defineProperty(tool, '_call', { value: ask });
  Object.defineProperty(tool, governed, { value: true });
  return tool;
}
