import { messageOf } from '../errors.js';
import { Disproof, explain, NotTried, type Bench, type Observation, type PointRecord } from './kit.js';

/** Ends a scenario after a point that did not hold; the point itself is already recorded. */
export class PointFailed extends Error {
  override readonly name = 'PointFailed';
}

export interface BenchOptions {
  readonly signal: AbortSignal;
  readonly stepTimeoutMs: number;
  readonly keep: boolean;
  onPoint(point: PointRecord): void;
}

/** Records the points of one scenario and holds its clean-ups. */
export class RecordingBench implements Bench {
  readonly points: PointRecord[] = [];
  private readonly cleanUps: { what: string; cleanUp: () => Promise<void> }[] = [];

  constructor(private readonly options: BenchOptions) {}

  get signal(): AbortSignal {
    return this.options.signal;
  }

  get stepTimeoutMs(): number {
    return this.options.stepTimeoutMs;
  }

  get keep(): boolean {
    return this.options.keep;
  }

  async point<T extends Observation>(name: string, check: () => Promise<T>): Promise<T> {
    return await this.check({ name }, check);
  }

  async row(name: string, check: () => Promise<Observation>): Promise<void> {
    try {
      await this.check({ name, isRow: true }, check);
    } catch (error) {
      if (!(error instanceof PointFailed) || this.signal.aborted) throw error;
    }
  }

  private async check<T extends Observation>(
    identity: Pick<PointRecord, 'name' | 'isRow'>,
    check: () => Promise<T>,
  ): Promise<T> {
    const startedAt = new Date();
    const started = performance.now();
    const record = (rest: Omit<PointRecord, keyof typeof identity | 'started_at' | 'duration_ms'>) => {
      const point: PointRecord = {
        ...identity,
        started_at: startedAt.toISOString(),
        duration_ms: Math.round(performance.now() - started),
        ...rest,
      };
      this.points.push(point);
      this.options.onPoint(point);
    };
    try {
      this.signal.throwIfAborted();
      const observed = await check();
      record({ verdict: 'proven', observed });
      return observed;
    } catch (error) {
      if (error instanceof Disproof)
        record({ verdict: 'disproven', observed: error.observed, reason: error.message });
      else if (error instanceof NotTried)
        record({ verdict: 'skipped', observed: error.observed, reason: error.message });
      else record({ verdict: 'could-not-check', ...explain(error) });
      throw new PointFailed(identity.name, { cause: error });
    }
  }

  onCleanUp(what: string, cleanUp: () => Promise<void>): void {
    this.cleanUps.push({ what, cleanUp });
  }

  /** Runs every clean-up, last registered first, and returns what failed, one text each. */
  async cleanUp(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let next = this.cleanUps.pop(); next; next = this.cleanUps.pop()) {
      try {
        await next.cleanUp();
      } catch (error) {
        failures.push(`${next.what}: ${messageOf(error)}`);
      }
    }
    return failures;
  }
}
