/** When a hook runs. The first is policy (it may veto); the others observe what has already happened. */
export const hookKinds = ['before_invocation', 'after_invocation', 'on_error', 'on_cancel'] as const;
export type HookKind = (typeof hookKinds)[number];

export const failurePolicies = ['fail_open', 'fail_closed'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/**
 * What the dispatcher hands to a hook or takes from it, beyond kind, command, correlation id and status:
 * `argv` and `cause` stand in its payload, `veto` lets its answer deny.
 */
export const permissions = ['argv', 'cause', 'veto'] as const;
export type Permission = (typeof permissions)[number];

/** One hook as declared. Immutable; a spec from a manifest has passed the schema, one built in memory has not. */
export interface HookSpec {
  readonly name: string;
  readonly kind: HookKind;
  /** The executable, relative to the manifest's folder, and its arguments. */
  readonly entrypoint: readonly string[];
  readonly failurePolicy: FailurePolicy;
  readonly timeoutSeconds: number;
  readonly permissions: readonly Permission[];
  /** Names of the environment variables passed on; nothing else is. */
  readonly env: readonly string[];
}

export const defaultTimeoutSeconds = 10;

/** What a hook of this kind may have when its declaration does not say. */
export function defaultPermissions(kind: HookKind): readonly Permission[] {
  return kind === 'before_invocation' ? ['argv', 'veto'] : ['argv', 'cause'];
}

/** True for the kinds whose hooks run after the act and can therefore never change how it ended. */
export function isObservability(kind: HookKind): boolean {
  return kind !== 'before_invocation';
}

/** True for the kinds that run only when an invocation ends badly. */
export function isTerminalObservability(kind: HookKind): boolean {
  return kind === 'on_error' || kind === 'on_cancel';
}

/** Only the exact word is open: an unknown policy counts as closed. */
export function isFailOpen(policy: string): boolean {
  return policy === 'fail_open';
}

/**
 * A frozen copy, each field read once: a spec built in memory may be a proxy or carry getters, and must not answer
 * the guard one way and the launch another.
 */
export function freezeSpec(spec: HookSpec): HookSpec {
  return Object.freeze({
    name: spec.name,
    kind: spec.kind,
    entrypoint: Object.freeze([...spec.entrypoint]),
    failurePolicy: spec.failurePolicy,
    timeoutSeconds: spec.timeoutSeconds,
    permissions: Object.freeze([...spec.permissions]),
    env: Object.freeze([...spec.env]),
  });
}
