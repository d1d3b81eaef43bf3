import type { RuntimeEvent } from '../governance/operator.js';

/** One event on one line: when, what, and its fields. */
export function renderEvent(event: RuntimeEvent): string {
  const { sequence, timeUnixMs, type, ...fields } = event;
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [new Date(timeUnixMs).toISOString(), `#${sequence}`, type, ...rest].join('  ');
}
