import type { PreemptionSafeguard } from '../../posture/report.js';
import type { Rung } from '../rungs.js';
import type { Kind } from './catalogue.js';

/** What is known not to be stopped, and the ways that show it. */
export interface Gap {
  /** Its name in GUARANTEES.md and in the agent's report. */
  readonly gap: string;
  /** The classes that have it. */
  readonly kinds: readonly Kind[];
  readonly rungs: readonly Rung['name'][];
  /** The ways that lead through it on these rungs; none where no row can show it. */
  readonly ways: readonly string[];
  /** What stands behind programs that the kernel may skip where it is one; anything when undefined. */
  readonly safeguards?: readonly PreemptionSafeguard[];
  /** The first kernel, `MAJOR.MINOR`, on which these ways lead through; any when undefined. */
  readonly since?: string;
}
