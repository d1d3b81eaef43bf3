import { combine, type Verdict } from '../posture/verdict.js';
import { PointFailed, RecordingBench } from './bench.js';
import { explain, type PointRecord, type Proof, type ProofEvent, type Scenario } from './kit.js';
import type { ScenarioRecord } from './kit.js';

export interface RunScenarioOptions {
  readonly signal: AbortSignal;
  readonly stepTimeoutMs: number;
  /** Leave the sandbox in place for a look; it is still named in the record. */
  readonly keep: boolean;
  onEvent(event: ProofEvent): void;
}

/**
 * Runs one scenario: requirements, then its points, then the clean-up, on every way out. Never throws for what the
 * scenario does; the record tells. A scenario that ends without a single point could not check anything.
 */
export async function runScenario(
  proof: Proof,
  scenario: Scenario,
  options: RunScenarioOptions,
): Promise<ScenarioRecord> {
  const identity = { proof: proof.name, scenario: scenario.name };
  const startedAt = new Date();
  const started = performance.now();
  options.onEvent({ event: 'scenario-started', ...identity });
  const bench = new RecordingBench({
    signal: options.signal,
    stepTimeoutMs: options.stepTimeoutMs,
    keep: options.keep,
    onPoint: (point) => options.onEvent({ event: 'point', ...identity, point }),
  });
  const end = (rest: Pick<ScenarioRecord, 'verdict' | 'points' | 'unmet'>): ScenarioRecord => {
    const record: ScenarioRecord = {
      ...identity,
      claim: scenario.claim,
      started_at: startedAt.toISOString(),
      duration_ms: Math.round(performance.now() - started),
      ...rest,
    };
    options.onEvent({ event: 'scenario-ended', record });
    return record;
  };

  let unmet;
  try {
    unmet = (await scenario.requirements()).filter((requirement) => !requirement.met);
  } catch (error) {
    const point = failedStep('the requirements can be asked', error);
    return end({ verdict: 'could-not-check', points: [point] });
  }
  if (unmet.length > 0) return end({ verdict: 'skipped', points: [], unmet });

  const extra: PointRecord[] = [];
  const note = (point: PointRecord) => {
    extra.push(point);
    options.onEvent({ event: 'point', ...identity, point });
  };
  try {
    await scenario.run(bench);
  } catch (error) {
    if (!(error instanceof PointFailed)) note(failedStep('the scenario runs to its end', error));
  }
  if (!options.keep) {
    const failures = await bench.cleanUp();
    if (failures.length > 0)
      note(failedStep('everything is taken down again', new Error(failures.join('; '))));
  }
  const points = [...bench.points, ...extra];
  return end({ verdict: verdictOf(points), points });
}

/** Rows that could not be tried say nothing, so what was tried decides; only when nothing was is it all a skip. */
function verdictOf(points: readonly PointRecord[]): Verdict {
  const tried = points.filter(({ verdict }) => verdict !== 'skipped');
  return combine((tried.length > 0 ? tried : points).map(({ verdict }) => verdict));
}

/** A step outside any test point that failed: the harness's failure, never the claim's. */
function failedStep(name: string, error: unknown): PointRecord {
  return {
    name,
    verdict: 'could-not-check',
    started_at: new Date().toISOString(),
    duration_ms: 0,
    ...explain(error),
  };
}
