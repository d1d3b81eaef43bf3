import { messageOf } from '../errors.js';
import { DeadlineOver, within } from './deadline.js';
import type { Posture } from './posture.js';
import { Recorder, ToolDenied, type GovernanceRecord, type RecordSink } from './record.js';
import { applyRedaction } from './redaction.js';
import { snapshotArguments } from './snapshot.js';
import { resolveVerdict, type Outcome, type Verdict } from './verdict.js';

/** A question whose answer is an outcome; see `RuntimeLink`. */
export interface Authority {
  query(tool: string, args: string): Promise<Outcome>;
  waitForApproval(approvalId: string, timeoutMs: number): Promise<Outcome>;
}

/** What a person is asked about. */
export interface ApprovalRequest {
  readonly approvalId: string;
  readonly tool: string;
  readonly args: unknown;
  readonly reason: string;
}

/** Answers a request for approval. Exactly `allow` allows; anything else, a rejection included, denies. */
export type ApprovalHandler = (request: ApprovalRequest) => PromiseLike<unknown>;

export interface InterceptorOptions {
  readonly posture: Posture;
  readonly authority: Authority;
  readonly queryTimeoutMs: number;
  readonly approvalTimeoutMs: number;
  /** `runtime`: an operator decides at the runtime. `none`: a call that needs approval is denied. */
  readonly approval: 'runtime' | 'none' | ApprovalHandler;
  readonly onRecord: RecordSink | undefined;
  readonly warn: (text: string) => void;
  readonly agentId: string | undefined;
  readonly isRegistered: () => boolean;
}

/** What was decided about one call, and the arguments it may be made with. */
export type Decided<A> =
  | { readonly action: 'allow'; readonly args: A; readonly record: GovernanceRecord }
  | { readonly action: 'deny'; readonly record: GovernanceRecord };

/** How long after the authority's own deadline it is given up on from outside. */
const graceMs = 250;

/** Asks before each tool call, and makes the call only when the answer allows it. */
export class Interceptor {
  private readonly recorder: Recorder;
  private saidOff = false;

  constructor(private readonly options: InterceptorOptions) {
    this.recorder = new Recorder(options.onRecord, options.warn);
  }

  get posture(): Posture {
    return this.options.posture;
  }

  /** Records the audit sink did not take. */
  get sinkFailures(): number {
    return this.recorder.failures;
  }

  /** Makes the call when it is allowed; rejects with `ToolDenied` when it is not. */
  async run<A, T>(tool: string, args: A, body: (args: A) => T | PromiseLike<T>): Promise<T> {
    const decided = await this.decide(tool, args);
    if (decided.action === 'allow') return body(decided.args);
    throw new ToolDenied(decided.record);
  }

  /** Decides about a call without making it. Never rejects. */
  async decide<A>(tool: string, args: A): Promise<Decided<A>> {
    const started = performance.now();
    const { posture } = this.options;
    let asked: unknown;
    let verdict: Verdict;
    let redacted: readonly string[] | undefined;
    if (posture === 'disabled') {
      verdict = resolveVerdict(posture, { kind: 'failure', word: 'disabled' });
    } else {
      try {
        asked = snapshotArguments(args);
        verdict = resolveVerdict(posture, await this.ask(tool, JSON.stringify(asked)));
      } catch (error) {
        verdict = this.failure('arguments_not_json', error);
      }
      if (verdict.action === 'wait') verdict = await this.approve(tool, asked, verdict);
      if (verdict.action === 'redact') {
        try {
          redacted = applyRedaction(asked, verdict.rules ?? []).paths;
        } catch (error) {
          verdict = this.failure('redaction_failed', error);
        }
      }
    }
    const isAllowed = verdict.action === 'allow' || verdict.action === 'redact';
    const record = this.record(tool, isAllowed ? 'allow' : 'deny', verdict, redacted, started);
    if (!isAllowed) return { action: 'deny', record };
    // Where a failure may be an allow, the tool gets what it was given: an observer changes nothing.
    const isEnforced = posture === 'enforce' || posture === 'unset';
    return { action: 'allow', args: isEnforced ? (asked as A) : args, record };
  }

  private async ask(tool: string, args: string): Promise<Outcome> {
    const { authority, queryTimeoutMs } = this.options;
    try {
      return await within(queryTimeoutMs + graceMs, authority.query(tool, args));
    } catch (error) {
      const word = error instanceof DeadlineOver ? 'timeout' : 'query_failed';
      return { kind: 'failure', word, message: messageOf(error) };
    }
  }

  private async approve(tool: string, args: unknown, pending: Verdict): Promise<Verdict> {
    const { approval, approvalTimeoutMs, authority, posture } = this.options;
    const approvalId = pending.approvalId ?? '';
    if (approval === 'none')
      return { ...this.failure('no_approval_handler', 'nobody is there to approve'), approvalId };
    try {
      const outcome: Outcome =
        approval === 'runtime'
          ? await within(
              approvalTimeoutMs + graceMs,
              authority.waitForApproval(approvalId, approvalTimeoutMs),
            )
          : await within(
              approvalTimeoutMs,
              askHandler(approval, { approvalId, tool, args, reason: pending.message }),
            );
      const { action, ...verdict } = resolveVerdict(posture, outcome);
      // An approval allows or denies; nothing it answers starts another round.
      return { ...verdict, action: action === 'allow' ? 'allow' : 'deny', approvalId };
    } catch (error) {
      const word = error instanceof DeadlineOver ? 'approval_timeout' : 'approval_failed';
      return { ...this.failure(word, error), approvalId };
    }
  }

  private failure(word: string, error: unknown): Verdict {
    return resolveVerdict(this.options.posture, { kind: 'failure', word, message: messageOf(error) });
  }

  private record(
    tool: string,
    action: 'allow' | 'deny',
    verdict: Verdict,
    redacted: readonly string[] | undefined,
    started: number,
  ): GovernanceRecord {
    const { posture, agentId, isRegistered } = this.options;
    const record: GovernanceRecord = {
      time: new Date().toISOString(),
      posture,
      ...(agentId === undefined ? {} : { agentId }),
      registered: isRegistered(),
      tool,
      action,
      basis: verdict.basis,
      reason: verdict.reason,
      message: verdict.message,
      ...(verdict.approvalId === undefined ? {} : { approvalId: verdict.approvalId }),
      ...(redacted === undefined ? {} : { redacted }),
      durationMs: Math.round((performance.now() - started) * 1000) / 1000,
    };
    // That it is off is said once, not at every call.
    if (verdict.basis === 'off') {
      if (this.saidOff) return record;
      this.saidOff = true;
    }
    this.recorder.emit(record);
    return record;
  }
}

/** A handler sees its own copy of the arguments: it decides about them and cannot change them. */
async function askHandler(handler: ApprovalHandler, request: ApprovalRequest): Promise<Outcome> {
  const answer = await handler({ ...request, args: structuredClone(request.args) });
  return { kind: 'approval', answer: typeof answer === 'string' ? { decision: answer } : answer };
}
