import type { StreamDigest } from './capture.js';
import type { HookKind } from './spec.js';

// The shape of schemas/ledger-event.schema.json; a test holds the two together.

export type HookFailure =
  | 'answer_unparseable'
  | 'budget_exhausted'
  | 'cancelled'
  | 'cannot_start'
  | 'entrypoint_changed'
  | 'entrypoint_invalid'
  | 'exit_nonzero'
  | 'killed_by_signal'
  | 'manifest_changed'
  | 'timed_out'
  | 'veto_not_permitted';

/** Who a hook event is about. */
export interface HookIdentity {
  /** Position in the manifest, from 0. */
  readonly hook_index: number;
  readonly hook_name: string;
  readonly hook_kind: HookKind;
  readonly failure_policy: string;
  readonly entrypoint_sha256: string | null;
}

interface Output {
  readonly stdout: StreamDigest;
  readonly stderr: StreamDigest;
}

/** How an invocation can end. */
export type EndEvent =
  | { readonly type: 'invocation.completed'; readonly outcome: 'succeeded'; readonly exit_code: 0 }
  | {
      readonly type: 'invocation.failed';
      readonly outcome: 'failed';
      readonly exit_code: number;
      readonly signal?: string;
      readonly cause: string;
    }
  | {
      readonly type: 'invocation.cancelled';
      readonly outcome: 'cancelled';
      readonly exit_code: number;
      readonly signal: string;
    }
  | {
      readonly type: 'invocation.blocked';
      readonly outcome: 'blocked';
      readonly exit_code: number;
      /** True when a hook said no; false when it could not say. */
      readonly veto: boolean;
      readonly reason: string;
    };

export type HookEvent = HookIdentity &
  (
    | { readonly type: 'hook.invoked'; readonly outcome: 'invoked' }
    | ({ readonly type: 'hook.completed'; readonly outcome: 'allowed' | 'denied' | 'observed' } & Output)
    | ({
        readonly type: 'hook.failed';
        readonly outcome: 'failed';
        readonly reason: HookFailure;
        readonly cause?: string;
      } & Partial<Output>)
    | ({
        readonly type: 'hook.blocked';
        readonly outcome: 'blocked';
        /** A failure of a closed hook, or the rule that kept it from starting. */
        readonly reason: string;
        readonly cause?: string;
      } & Partial<Output>)
  );

export type EventBody =
  { readonly type: 'invocation.started'; readonly outcome: 'started' } | EndEvent | HookEvent;

/** What every event carries. */
export interface EventHead {
  readonly schema_version: 1;
  /** UTC with milliseconds. */
  readonly time: string;
  /** Per invocation, from 1. */
  readonly sequence: number;
  readonly correlation_id: string;
  readonly command: string;
  /** Redacted and bounded. */
  readonly argv: readonly string[];
  /** Of an end: since the start. Of a hook: of its process. Otherwise 0. */
  readonly duration_ms: number;
}

export type LedgerEvent = EventHead & EventBody;

/** Cuts a text to `limit` characters, without cutting a surrogate pair in half. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Cuts an argument list to a size; what is gone is told by a last entry. */
export function boundArgv(
  argv: readonly string[],
  limits: { items: number; perItem: number; total: number },
): { argv: string[]; truncated: boolean } {
  const kept: string[] = [];
  let room = limits.total;
  let truncated = false;
  for (const argument of argv) {
    if (kept.length === limits.items || room <= 0) break;
    const short = cut(argument, Math.min(limits.perItem, room));
    truncated ||= short !== argument;
    room -= short.length;
    kept.push(short);
  }
  if (kept.length < argv.length) {
    kept.push(`[${argv.length - kept.length} more]`);
    truncated = true;
  }
  return { argv: kept, truncated };
}
