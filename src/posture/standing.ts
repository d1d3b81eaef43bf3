import type { PostureReport } from './report.js';

/** What the machine says about the process a report speaks of. */
export interface ProcessFacts {
  readonly bootId: string;
  /** Start time of the process with the report's pid, in clock ticks since boot; undefined when there is none. */
  readonly startTicks: number | undefined;
}

/** Whether a report may be believed, and if not, every reason. */
export interface Standing {
  /** It speaks of a process that is running now, on this boot. */
  readonly isCurrent: boolean;
  /** It is current, contradicts itself nowhere, and claims a state that stops things. */
  readonly isEnforcing: boolean;
  readonly doubts: readonly string[];
}

const enforcing: readonly string[] = ['ENFORCE', 'ENFORCE_OVERRIDE', 'ENFORCE_SIGNAL'];

/** The mechanisms that may stand behind each state. A state that is not here stops nothing. */
const mechanismsOf: Readonly<Record<string, readonly string[]>> = {
  ENFORCE: ['lsm'],
  ENFORCE_OVERRIDE: ['fmod_ret'],
  ENFORCE_SIGNAL: ['fentry', 'tracepoint'],
};

/** Judges a report by the No-Pretend rules: what it claims has to be current, felt, and consistent in itself. */
export function standingOf(report: PostureReport, process: ProcessFacts): Standing {
  const stale = staleness(report, process);
  const contradictions = contradictionsIn(report);
  const isCurrent = stale.length === 0;
  return {
    isCurrent,
    isEnforcing: isCurrent && contradictions.length === 0 && enforcing.includes(report.runtime_state),
    doubts: [...stale, ...contradictions],
  };
}

function staleness(report: PostureReport, process: ProcessFacts): string[] {
  if (report.boot_id !== process.bootId) return ['the report is of an earlier boot'];
  if (process.startTicks === undefined) return [`the agent it speaks of, pid ${report.pid}, is not running`];
  if (process.startTicks !== report.process_start_ticks)
    return [`pid ${report.pid} is another process by now`];
  return [];
}

function contradictionsIn(report: PostureReport): string[] {
  const { runtime_state: state, mechanism } = report;
  const doubts: string[] = [];
  const isEnforcing = enforcing.includes(state);
  if (isEnforcing && report.audit_only) doubts.push(`it claims ${state} and to audit only`);
  if (isEnforcing && !report.canary.felt) doubts.push(`it claims ${state}, which no canary felt`);
  if (isEnforcing && !mechanismsOf[state]?.includes(mechanism))
    doubts.push(`it claims ${state} by ${mechanism}, which cannot be`);
  // An agent that audits may have felt that it could enforce; one that enforces must be right about it.
  if (isEnforcing && report.enforce_capable !== (state === 'ENFORCE'))
    doubts.push(`it claims ${state} with enforce_capable ${report.enforce_capable}`);
  if (report.enforce_capable && report.enforce_blockers.length > 0)
    doubts.push(`it claims to be capable, and to be blocked by ${report.enforce_blockers.join(', ')}`);
  return doubts;
}
