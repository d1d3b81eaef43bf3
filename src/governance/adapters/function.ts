import type { Interceptor } from '../interceptor.js';

/**
 * The same function, asked about before each call. The first parameter is the tool's input and is what the policy
 * sees; the others (a context, an abort signal) pass through. Rejects with `ToolDenied` when the call is not allowed.
 */
export function governFunction<I, R extends readonly unknown[], T>(
  interceptor: Interceptor,
  name: string,
  body: (input: I, ...rest: R) => T | PromiseLike<T>,
): (input: I, ...rest: R) => Promise<T> {
  return (input, ...rest) => interceptor.run(name, input, (allowed) => body(allowed, ...rest));
}
