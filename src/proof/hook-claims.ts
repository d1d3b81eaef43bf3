import { isDeepStrictEqual } from 'node:util';
import type { LedgerEvent } from '../hooks/index.js';
import type { HookProject, ObservedRun } from './hook-project.js';
import { Disproof, type Observation } from './kit.js';

/** What is claimed of one run. */
export interface RunClaim {
  readonly exitCode: number;
  /** All event types, in order. */
  readonly events: readonly LedgerEvent['type'][];
  /** Fields of single events: the first event of the type has to have them. */
  readonly fields?: Readonly<Partial<Record<LedgerEvent['type'], Readonly<Record<string, unknown>>>>>;
  readonly markers?: readonly string[];
  readonly noMarkers?: readonly string[];
}

/** Holds a run against a claim; returns what was seen, throws `Disproof` for the first thing that does not hold. */
export async function holdRun(project: HookProject, run: ObservedRun, claim: RunClaim): Promise<Observation> {
  const types = run.events.map(({ type }) => type);
  const seen = { exit_code: run.exitCode, events: types };
  if (run.exitCode !== claim.exitCode)
    throw new Disproof(`the exit code is ${run.exitCode} and not ${claim.exitCode}: ${run.stderr}`, seen);
  if (!isDeepStrictEqual(types, claim.events))
    throw new Disproof(`the events are not ${claim.events.join(', ')}`, seen);
  holdShape(run.events, seen);
  for (const [type, fields] of Object.entries(claim.fields ?? {})) {
    const event = run.events.find((one) => one.type === type);
    for (const [key, value] of Object.entries(fields)) {
      const got = (event as Record<string, unknown> | undefined)?.[key];
      if (!isDeepStrictEqual(got, value))
        throw new Disproof(`${key} of ${type} is ${JSON.stringify(got)} and not ${JSON.stringify(value)}`, {
          ...seen,
          event,
        });
    }
  }
  for (const name of claim.markers ?? [])
    if (!project.hasMarker(name)) throw new Disproof(`the process that leaves ${name} was not run`, seen);
  for (const name of claim.noMarkers ?? [])
    if (project.hasMarker(name)) throw new Disproof(`the process that leaves ${name} was run`, seen);
  const left = await project.processes();
  if (left.length > 0) throw new Disproof('processes are left behind', { ...seen, pids: left });
  return { ...seen, ...(claim.noMarkers ? { not_started: claim.noMarkers } : {}) };
}

/** One start and one end for one invocation, and no number missing. */
function holdShape(events: readonly LedgerEvent[], seen: Observation): void {
  const ends = events.filter(({ type }) => type.startsWith('invocation.') && type !== 'invocation.started');
  if (events.length > 0 && ends.length !== 1)
    throw new Disproof(`there are ${ends.length} end events and not one`, seen);
  if (new Set(events.map(({ correlation_id }) => correlation_id)).size > 1)
    throw new Disproof('the events belong to several invocations', seen);
  if (events.some(({ sequence }, i) => sequence !== i + 1))
    throw new Disproof('an event is missing from the numbering', seen);
}
