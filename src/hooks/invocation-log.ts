import { messageOf } from '../errors.js';
import { correlationId } from './correlation-id.js';
import {
  boundArgv,
  type EndEvent,
  type EventBody,
  type EventHead,
  type HookEvent,
  type LedgerEvent,
} from './event.js';
import type { EventSink } from './ledger.js';

const argvLimits = { items: 256, perItem: 1024, total: 16 * 1024 };

/**
 * The events of one invocation, numbered. Writing never throws: a ledger that fails is remembered in `problems` and
 * must not hide or change how the invocation ended. Numbers go on, so that a lost event shows as a gap.
 */
export class InvocationLog {
  readonly correlationId = correlationId();
  readonly problems: string[] = [];
  private readonly argv: readonly string[];
  private readonly startedAt = performance.now();
  private sequence = 0;
  private isClosed = false;
  private ended: EndEvent | undefined;

  constructor(
    private readonly sink: EventSink | undefined,
    private readonly command: string,
    redactedArgv: readonly string[],
  ) {
    this.argv = boundArgv(redactedArgv, argvLimits).argv;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  started(): void {
    this.write({ type: 'invocation.started', outcome: 'started' }, 0);
  }

  hook(event: HookEvent, durationMs = 0): void {
    this.write(event, durationMs);
  }

  /** Writes the end event. The first one counts; later calls change nothing and return the first. */
  end(event: EndEvent): EndEvent {
    if (this.ended) return this.ended;
    // Settled before the write: whatever the ledger does, there is no second end.
    this.ended = event;
    this.write(event, this.elapsedMs);
    return event;
  }

  /** How the invocation ended; undefined while it has not. */
  get endEvent(): EndEvent | undefined {
    return this.ended;
  }

  /** Closes the ledger; a second call does nothing. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      this.sink?.close();
    } catch (error) {
      this.problem(error);
    }
  }

  private write(body: EventBody, durationMs: number): void {
    this.sequence += 1;
    const { type, ...rest } = body;
    const head: EventHead & { type: EventBody['type'] } = {
      schema_version: 1,
      type,
      time: new Date().toISOString(),
      sequence: this.sequence,
      correlation_id: this.correlationId,
      command: this.command,
      argv: this.argv,
      duration_ms: durationMs,
    };
    try {
      this.sink?.append({ ...head, ...rest } as LedgerEvent);
    } catch (error) {
      this.problem(error);
    }
  }

  private problem(error: unknown): void {
    const text = messageOf(error);
    if (!this.problems.includes(text)) this.problems.push(text);
  }
}
