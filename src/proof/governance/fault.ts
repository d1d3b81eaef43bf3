import type { Basis } from '../../governance/verdict.js';
import type { AgentReply } from './agent-protocol.js';
import type { Stage } from './stage.js';

/** What one cell must show: whether the tool ran, and the one record of why. */
export interface Expected {
  readonly ran: boolean;
  readonly reason: string;
  readonly basis: Basis;
}

/** One row of the matrix: something that goes wrong (or right), played for real. */
export interface Fault {
  readonly name: string;
  /** What holds then, as a sentence. */
  readonly claim: string;
  /** Words of the verdict table this row exercises, as `kind:word`. */
  readonly covers: readonly string[];
  /** Under enforce and unset. */
  readonly enforced: Expected;
  /** Under observe; it always runs. */
  readonly observed: Omit<Expected, 'ran'>;
  readonly needsRoot?: boolean;
  /** Brings it about and makes the call. */
  play(stage: Stage): Promise<AgentReply>;
}

export const decided = (ran: boolean, reason: string): Expected => ({ ran, reason, basis: 'decided' });
export const undecided = (reason: string): Expected => ({ ran: false, reason, basis: 'could_not_decide' });
export const ungoverned = (reason: string): Expected => ({ ran: false, reason, basis: 'ungoverned' });

/** A row in which both postures record the same reason. */
export function sameReason(expected: Expected): Pick<Fault, 'enforced' | 'observed'> {
  return { enforced: expected, observed: { reason: expected.reason, basis: expected.basis } };
}
