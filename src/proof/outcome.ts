import { constants } from 'node:os';
import type { Ended } from '../sandbox/run.js';

/** What became of a forbidden act. */
export type Outcome =
  | { readonly kind: 'allowed'; readonly data: string }
  | { readonly kind: 'denied'; readonly errno: string }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'stopped-otherwise'; readonly why: string }
  | { readonly kind: 'could-not-try'; readonly why: string };

const byNumber = (table: object) =>
  new Map(Object.entries(table as Record<string, number>).map(([name, number]) => [number, name] as const));
const errnoNames = byNumber(constants.errno);
const signalNames = byNumber(constants.signals);

/** `EPERM` for 1; a number without a name as it is. */
export function errnoName(number: number): string {
  return errnoNames.get(number) ?? String(number);
}

/** `SIGKILL` for 9; a number without a name as it is. */
export function signalName(number: number): string {
  return signalNames.get(number) ?? String(number);
}

/**
 * Reads the outcome off how `aegis-probe` ended and what it said. Only a probe that announced its act tried it: a
 * missing probe, a broken `systemd-run` or a wrapper that exits 137 all come out as `could-not-try`.
 */
export function outcomeOf(ended: Ended): Outcome {
  const lines = ended.stdout.split('\n');
  const said = (word: string) =>
    lines.find((line) => line === word || line.startsWith(`${word} `))?.slice(word.length + 1);
  if (said('try') === undefined)
    return {
      kind: 'could-not-try',
      why: ended.startError ?? (ended.stderr.trim() || `exit ${ended.exitCode}`),
    };
  if (said('done') !== undefined || said('data') !== undefined)
    return { kind: 'allowed', data: said('data') ?? '' };
  const errno = said('errno');
  if (errno !== undefined) return { kind: 'denied', errno: errnoName(Number(errno)) };
  if (ended.timedOut) return { kind: 'stopped-otherwise', why: 'it hung and was stopped by its deadline' };
  if (ended.signal !== undefined) return { kind: 'killed', signal: ended.signal };
  return { kind: 'stopped-otherwise', why: `it ended with exit code ${ended.exitCode}` };
}

/** The outcome in words. */
export function tellOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'allowed':
      return 'allowed';
    case 'denied':
      return `denied with ${outcome.errno}`;
    case 'killed':
      return `killed by ${outcome.signal}`;
    case 'stopped-otherwise':
      return `stopped otherwise (${outcome.why})`;
    case 'could-not-try':
      return `not tried (${outcome.why})`;
  }
}
