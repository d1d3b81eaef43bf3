import { postures, type Posture } from '../../governance/index.js';
import type { Verdict } from '../../posture/verdict.js';
import type { ScenarioRecord } from '../kit.js';
import type { Fault } from './fault.js';
import { cellName, faults } from './matrix.js';

/** One cell of the matrix posture × fault, as it was seen. */
export interface Cell {
  readonly fault: string;
  readonly posture: Posture;
  /** `not-run`: an earlier point of the same fault ended its experiment. */
  readonly verdict: Verdict | 'not-run';
  /** Whether the tool ran, and the reason and basis of its record. */
  readonly ran?: boolean;
  readonly reason?: string;
  readonly basis?: string;
  /** Why it is not proven. */
  readonly flaw?: string;
}

/** The cells of every fault that was played, row by row; none when the fail-closed proof was no part of the run. */
export function cellsOf(scenarios: readonly ScenarioRecord[]): readonly Cell[] {
  return faults.flatMap((fault) => {
    const record = scenarios.find(
      ({ proof, scenario }) => proof === 'fail-closed' && scenario === fault.name,
    );
    return record ? postures.map((posture) => cellOf(record, fault, posture)) : [];
  });
}

function cellOf(record: ScenarioRecord, fault: Fault, posture: Posture): Cell {
  const place = { fault: fault.name, posture };
  const point = record.points.find(({ name }) => name === cellName(fault, posture));
  if (!point) return { ...place, verdict: record.verdict === 'skipped' ? 'skipped' : 'not-run' };
  const { ran, reason, basis } = point.observed ?? {};
  return {
    ...place,
    verdict: point.verdict,
    ...(typeof ran === 'boolean' ? { ran } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof basis === 'string' ? { basis } : {}),
    ...(point.reason === undefined ? {} : { flaw: point.reason }),
  };
}
