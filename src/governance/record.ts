import { AegisError } from '../errors.js';
import type { Posture } from './posture.js';
import type { Basis } from './verdict.js';

/** What became of one tool call, or of governance itself (`tool` undefined). */
export interface GovernanceRecord {
  readonly time: string;
  readonly posture: Posture;
  readonly agentId?: string;
  readonly registered: boolean;
  readonly tool?: string;
  readonly action: 'allow' | 'deny';
  /** Keeps "somebody decided" apart from "nobody could be asked". */
  readonly basis: Basis;
  readonly reason: string;
  readonly message: string;
  readonly approvalId?: string;
  /** JSON pointers of the arguments that were replaced before the tool ran. */
  readonly redacted?: readonly string[];
  readonly durationMs: number;
}

/** Where records go. It may throw, reject or hang: the verdict stands by then. */
export type RecordSink = (record: GovernanceRecord) => unknown;

/** A tool call that was not made. */
export class ToolDenied extends AegisError {
  constructor(readonly record: GovernanceRecord) {
    const why = record.message === '' ? record.reason : `${record.reason} (${record.message})`;
    super('TOOL_DENIED', `cannot call the tool ${record.tool}: ${why}`, wayOut(record.basis));
  }
}

function wayOut(basis: Basis): { wayOut?: string } {
  return basis === 'decided'
    ? {}
    : { wayOut: 'Nobody could decide about this call; see `aegis doctor` and the runtime.' };
}

/** Hands records to a sink without ever waiting for it or letting it throw into a verdict. */
export class Recorder {
  private failed = 0;

  constructor(
    private readonly sink: RecordSink | undefined,
    private readonly warn: (text: string) => void,
  ) {}

  /** How many records the sink did not take. */
  get failures(): number {
    return this.failed;
  }

  emit(record: GovernanceRecord): void {
    if (!this.sink) return;
    try {
      const result = this.sink(Object.freeze(record));
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.note(error));
    } catch (error) {
      this.note(error);
    }
  }

  private note(error: unknown): void {
    // Once is loud enough; the count tells the rest.
    if (this.failed++ === 0) this.warn(`the audit sink failed: ${String(error).slice(0, 200)}`);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
