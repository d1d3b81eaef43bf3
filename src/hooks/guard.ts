import { isFailOpen, isObservability, isTerminalObservability, type HookSpec } from './spec.js';

export type GuardReason = 'terminal_observability_must_be_fail_open' | 'observability_must_be_fail_open';

/**
 * The firewall's rule, asked right before a hook's process would start: a hook that only observes may not be able to
 * fail the invocation it observes. Schema and loader say the same, but a spec built in memory passed neither.
 * Returns why the hook must not start, or undefined when it may.
 */
export function guard(spec: HookSpec): GuardReason | undefined {
  if (!isObservability(spec.kind) || isFailOpen(spec.failurePolicy)) return undefined;
  return isTerminalObservability(spec.kind)
    ? 'terminal_observability_must_be_fail_open'
    : 'observability_must_be_fail_open';
}
