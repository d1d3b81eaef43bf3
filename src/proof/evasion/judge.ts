import { isDeepStrictEqual } from 'node:util';
import type { ExpectedEnd } from '../denied-read.js';
import { errnoName, signalName } from '../outcome.js';
import type { Effect, Way } from './catalogue.js';
import type { Trial } from './driver.js';

/** What came of a way: stopped as the rung stops, round it, or nothing that could be learnt. */
export type Result =
  | { readonly kind: 'held'; readonly by: string }
  | { readonly kind: 'leaked'; readonly effects: readonly Effect[] }
  | { readonly kind: 'could-not-try'; readonly why: string }
  /** Neither an effect nor a stop of the kind that was due: the experiment says nothing. */
  | { readonly kind: 'unclear'; readonly why: string };

/** Every effect of a trial. What came out and what changed decide, not what the way says of itself. */
export function effectsOf({ place, end, before, after, hasArrived }: Trial): readonly Effect[] {
  const effects: Effect[] = [];
  if (end.output.includes(place.secret) || end.memory.includes(place.secret))
    effects.push(place.way.effect === 'runs' ? 'runs' : 'discloses');
  if (!isDeepStrictEqual(before, after)) effects.push('destroys');
  if (end.memory.startsWith('taken')) effects.push('uses');
  if (hasArrived) effects.push('reaches');
  return effects;
}

/** How the way was stopped, as it told or as its process ended; undefined when nothing shows a stop. */
export function stopOf({ end }: Pick<Trial, 'end'>): string | undefined {
  if (end.timed_out) return undefined;
  if (end.signal !== null) return signalName(end.signal);
  const told = [...end.output.matchAll(/^(errno|killed) (\d+)$/gm)].at(-1);
  if (told?.[1] === 'killed') return signalName(Number(told[2]));
  if (told) return errnoName(Number(told[2]));
  // The dynamic loader tells in words, and of a mapping not even why.
  return /Operation not permitted|failed to map segment/.test(end.output) ? 'EPERM' : undefined;
}

/** Why a way did not come to its end, in words. */
export function tellEnd({ end }: Pick<Trial, 'end'>): string {
  if (end.timed_out) return 'it hung';
  const skipped = /^skip (.*)$/m.exec(end.output)?.[1];
  if (skipped) return `it could not ${skipped}`;
  const stop = stopOf({ end });
  return stop ? `it ended with ${stop}` : `it ended with exit code ${end.exit} (${end.output.trim()})`;
}

/** What a stop looks like to the way. Of a process's files in /proc the kernel says EACCES, whatever the check said. */
function stopsOf({ kind }: Way, expected: ExpectedEnd): readonly string[] {
  if (expected.kind === 'killed') return [expected.signal];
  return kind === 'tracing' ? [expected.errno, 'EACCES'] : [expected.errno];
}

/**
 * Judges a way by its control and its act. A way whose control had no effect has no teeth, whatever its act came to.
 * @param expected how the rung stops a denied act
 */
export function judge(control: Trial, act: Trial, expected: ExpectedEnd): Result {
  const leaks = effectsOf(act);
  if (leaks.length > 0) return { kind: 'leaked', effects: leaks };
  if (!effectsOf(control).includes(control.place.way.effect))
    return { kind: 'could-not-try', why: `without the agent ${tellEnd(control)}` };
  const stop = stopOf(act);
  if (stop !== undefined && stopsOf(control.place.way, expected).includes(stop))
    return { kind: 'held', by: stop };
  return { kind: 'unclear', why: tellEnd(act) };
}
