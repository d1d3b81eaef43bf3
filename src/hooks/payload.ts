import type { EndEvent } from './event.js';
import type { HookSpec } from './spec.js';

/** What the payload of every hook of an invocation is made from; nothing in it is unredacted or unbounded. */
export interface PayloadSource {
  readonly command: string;
  readonly argv: readonly string[];
  /** True when `argv` is shorter than what was called. */
  readonly isCut: boolean;
  readonly correlationId: string;
}

/** How the invocation ended, for the hooks that run after it. */
export interface Ending {
  readonly event: EndEvent;
  readonly durationMs: number;
}

/** The JSON text a hook reads on stdin (schemas/hook-payload.schema.json): what it is permitted to know, bounded. */
export function payload(spec: HookSpec, source: PayloadSource, ending: Ending | undefined): string {
  const may = (what: HookSpec['permissions'][number]) => spec.permissions.includes(what);
  return `${JSON.stringify({
    schema_version: 1,
    kind: spec.kind,
    hook: spec.name,
    command: source.command,
    correlation_id: source.correlationId,
    ...(may('argv') ? { argv: source.argv, argv_truncated: source.isCut } : {}),
    ...(ending ? { outcome: outcome(ending, may('cause')) } : {}),
  })}\n`;
}

function outcome({ event, durationMs }: Ending, mayKnowCause: boolean) {
  return {
    status: event.outcome,
    exit_code: event.exit_code,
    ...('signal' in event && event.signal !== undefined ? { signal: event.signal } : {}),
    ...('cause' in event && mayKnowCause ? { cause: event.cause } : {}),
    duration_ms: durationMs,
  };
}
