import type { PreemptionSafeguard } from '../../posture/report.js';
import type { Rung } from '../rungs.js';
import type { Kind } from './catalogue.js';
import { fileGaps } from './gaps-file.js';
import { actGaps } from './gaps-acts.js';
import type { Gap } from './gap.js';

const everyRung: readonly Rung['name'][] = ['lsm', 'override', 'fentry', 'tracepoint'];
const signalRungs: readonly Rung['name'][] = ['fentry', 'tracepoint'];
const everyKind: readonly Kind[] = ['file', 'program', 'address', 'tracing', 'modules'];

/**
 * Every known gap of every rung. A leak that is not here disproves the proof; so does a way that is here and does not
 * leak any more. On the strongest two rungs no way of the catalogue leads round: what they have here is no act on what
 * is denied.
 */
export const gaps: readonly Gap[] = [
  { gap: 'pid_1_is_never_signalled', kinds: everyKind, rungs: signalRungs, ways: [] },
  { gap: 'kernel_threads_are_never_signalled', kinds: everyKind, rungs: signalRungs, ways: [] },
  // What each class and rung adds to it is below.
  {
    gap: 'skipped_while_another_task_is_preempted',
    kinds: everyKind,
    rungs: everyRung,
    safeguards: ['none'],
    ways: [],
  },
  {
    gap: 'skipped_while_a_bpf_call_is_preempted',
    kinds: everyKind,
    rungs: ['override', ...signalRungs],
    safeguards: ['backstop', 'perf'],
    ways: [],
  },
  {
    gap: 'signalled_after_the_act_where_skipped',
    kinds: everyKind,
    rungs: ['override'],
    safeguards: ['backstop'],
    ways: [],
  },
  { gap: 'act_takes_effect_before_the_signal', kinds: everyKind, rungs: signalRungs, ways: [] },
  ...fileGaps,
  ...actGaps,
];

/** The gap that names this way on this rung and kernel. */
export function gapOf(way: string, rung: Rung['name'], kernel: string): string | undefined {
  return gaps.find((gap) => gap.ways.includes(way) && gap.rungs.includes(rung) && !isOlder(kernel, gap.since))
    ?.gap;
}

/** Whether a kernel's release comes before `since`, both by their first two numbers. */
function isOlder(kernel: string, since: string | undefined): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat);
  const [sinceMajor = 0, sinceMinor = 0] = (since ?? '').split('.').map(Number);
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}

/** What an agent on this rung with rules of these classes and this safeguard has to own up to. */
export function gapsOf(
  rung: Rung['name'],
  kinds: readonly Kind[],
  safeguard: PreemptionSafeguard,
): readonly string[] {
  const own = gaps.filter(
    (gap) =>
      gap.rungs.includes(rung) &&
      gap.kinds.some((kind) => kinds.includes(kind)) &&
      (gap.safeguards?.includes(safeguard) ?? true),
  );
  return [...new Set(own.map(({ gap }) => gap))].sort();
}
