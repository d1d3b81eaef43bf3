import type { Requirement } from '../posture/requirement.js';
import type { Verdict } from '../posture/verdict.js';
import type { AegisError } from '../errors.js';

/** What a boot of the embedded lane has to look like for a scenario; a host has to look like it already. */
export interface BootPosture {
  /** Whether `bpf` stands in the kernel's LSM list. */
  readonly bpfLsm: boolean;
  /** The kernel's lockdown level; none when undefined. */
  readonly lockdown?: 'integrity' | 'confidentiality';
}

/** One experiment of a proof, complete with its controls. */
export interface Scenario {
  /** kebab-case; `aegis prove PROOF/SCENARIO` selects it. */
  readonly name: string;
  readonly claim: string;
  /** The boot the lane gives it; undefined when any does. */
  readonly boot?: BootPosture;
  /** Asks nothing of the kernel: with `--vm`, too, it runs once on the machine at hand and not in every guest. */
  readonly anywhere?: boolean;
  /** The kernel's part of a proof that holds without it: left out unless `--vm` is given or it is named itself. */
  readonly addedByVm?: boolean;
  /** What the machine must have; asked right before the run. Unmet means a skip, never a pass. */
  requirements(): Promise<readonly Requirement[]>;
  run(bench: Bench): Promise<void>;
}

/** A proof: a claim and the experiments that would show it false. */
export interface Proof {
  readonly name: string;
  readonly claim: string;
  readonly scenarios: readonly Scenario[];
}

/** What was seen at a test point; it goes into the record as it is. */
export type Observation = Readonly<Record<string, unknown>>;

/** Thrown by a test point whose claim does not hold: the experiment ran, and the answer is no. */
export class Disproof extends Error {
  override readonly name = 'Disproof';
  constructor(
    message: string,
    readonly observed: Observation = {},
  ) {
    super(message);
  }
}

/** Thrown by a row whose act cannot be tried on this machine: nothing was learnt, and the reason is told. */
export class NotTried extends Error {
  override readonly name = 'NotTried';
  constructor(
    reason: string,
    readonly observed: Observation = {},
  ) {
    super(reason);
  }
}

/** The workbench a scenario runs on: it records test points and takes everything down again. */
export interface Bench {
  readonly signal: AbortSignal;
  /** Milliseconds a single step may take. */
  readonly stepTimeoutMs: number;
  readonly keep: boolean;
  /**
   * One test point. The check returns what it observed, throws `Disproof` when the claim does not hold, and anything
   * else when it could not check. Either ends the scenario: later points would speak of a broken experiment.
   */
  point<T extends Observation>(name: string, check: () => Promise<T>): Promise<T>;
  /**
   * One row of a table: a test point that does not end the scenario, because the other rows do not depend on it. A row
   * that throws `NotTried` is recorded as skipped, and says nothing of the others.
   */
  row(name: string, check: () => Promise<Observation>): Promise<void>;
  /** Registers a clean-up; they run in reverse order, on every way out, each even when another fails. */
  onCleanUp(what: string, cleanUp: () => Promise<void>): void;
}

export interface PointRecord {
  readonly name: string;
  /** One row of a table, on which no other point depends. */
  readonly isRow?: true;
  readonly verdict: Verdict;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly observed?: Observation;
  /** Why it is not proven. */
  readonly reason?: string;
  readonly way_out?: string;
}

export interface ScenarioRecord {
  readonly proof: string;
  readonly scenario: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly started_at: string;
  readonly duration_ms: number;
  /** Why it was skipped. */
  readonly unmet?: readonly Requirement[];
  readonly points: readonly PointRecord[];
}

/** What a run tells as it happens, one object each; `aegis prove --events` prints them as JSON lines. */
export type ProofEvent =
  | { readonly event: 'scenario-started'; readonly proof: string; readonly scenario: string }
  | {
      readonly event: 'point';
      readonly proof: string;
      readonly scenario: string;
      readonly point: PointRecord;
    }
  | { readonly event: 'scenario-ended'; readonly record: ScenarioRecord };

/** The fields of an error that a record keeps. */
export function explain(error: unknown): { reason: string; way_out?: string } {
  const { message, wayOut, detail } = error as Partial<AegisError>;
  const reason = (message ?? String(error)) + (detail ? `\n${detail}` : '');
  return wayOut === undefined ? { reason } : { reason, way_out: wayOut };
}
