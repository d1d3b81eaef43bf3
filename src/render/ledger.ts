import type { LedgerEvent } from '../hooks/index.js';
import { colors, printable } from '../ui.js';

/** One event as one line: when, which invocation, what happened. */
export function renderLedgerEvent(event: LedgerEvent): string {
  const head = `${event.time} ${event.correlation_id.slice(0, 8)} ${String(event.sequence).padStart(2)}`;
  return `${colors.dim(head)} ${paint(event)}  ${printable(what(event))}`;
}

/** A line of the ledger that is no event. */
export function renderFlaw({ line, flaw }: { line: number; flaw: string }): string {
  return `${colors.warn('Warning:')} line ${line} of the ledger is skipped: ${printable(flaw)}`;
}

const paints: Partial<Record<LedgerEvent['outcome'], (text: string) => string>> = {
  failed: colors.bad,
  blocked: colors.bad,
  denied: colors.bad,
  cancelled: colors.warn,
  succeeded: colors.good,
  allowed: colors.good,
};

function paint({ type, outcome }: LedgerEvent): string {
  return paints[outcome]?.(type) ?? type;
}

function what(event: LedgerEvent): string {
  const took = event.duration_ms > 0 ? [`${event.duration_ms} ms`] : [];
  if ('hook_name' in event) {
    const why = 'reason' in event ? [event.reason] : [];
    const cause = 'cause' in event && event.cause !== undefined ? [event.cause] : [];
    return [
      `${event.hook_name} (${event.hook_kind}, ${event.failure_policy})`,
      ...why,
      ...cause,
      ...took,
    ].join('; ');
  }
  const called = [event.command, ...event.argv].join(' ');
  switch (event.type) {
    case 'invocation.started':
      return called;
    case 'invocation.completed':
      return [`${event.command}: exit 0`, ...took].join('; ');
    case 'invocation.failed':
      return [`${event.command}: exit ${event.exit_code}`, event.cause, ...took].join('; ');
    case 'invocation.cancelled':
      return [`${event.command}: ${event.signal}, exit ${event.exit_code}`, ...took].join('; ');
    case 'invocation.blocked':
      return [`${event.command}: ${event.veto ? 'vetoed' : 'blocked'}`, event.reason].join('; ');
  }
}
