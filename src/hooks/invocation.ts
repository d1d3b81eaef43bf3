import { AegisError, ExitCode, messageOf } from '../errors.js';
import { argvFlaw } from './argv.js';
import { Cancellation, signalExitCode, whenAborted } from './cancellation.js';
import { boundArgv, type EndEvent } from './event.js';
import type { Dispatch, DispatchContext } from './dispatcher.js';
import type { HookSet } from './hook-entry.js';
import { InvocationLog } from './invocation-log.js';
import type { EventSink } from './ledger.js';
import { Redactor } from './redaction.js';

/** Milliseconds all `on_cancel` hooks may take together, whatever the manifest says: somebody waits at a terminal. */
const cancelBudgetMs = 15_000;
/** How much of the arguments a hook is handed. */
const payloadLimits = { items: 1024, perItem: 8 * 1024, total: 64 * 1024 };
/** Milliseconds a cancelled act may take to clean up. */
const cancelGraceMs = 60_000;

/** How the act ended. Any exit code but 0 is a failure, a skip included: the code tells which. */
export interface ActEnd {
  readonly exitCode: number;
  /** The signal it died of. */
  readonly signal?: NodeJS.Signals;
  readonly cause?: string;
}

export interface InvocationRequest {
  /** The command's name, such as `prove`. */
  readonly command: string;
  readonly argv: readonly string[];
  /** The thing invoked. Its signal is aborted when the invocation is cancelled; it then cleans up and ends. */
  readonly act: (signal: AbortSignal) => Promise<ActEnd>;
  /** Undefined when no hooks are configured. Whatever it throws blocks the invocation. */
  readonly loadHooks: () => Promise<HookSet | undefined>;
  /** Whatever it throws is reported as a problem, and stops the run only under `requireLedger`. */
  readonly openLedger: () => EventSink;
  readonly requireLedger?: boolean;
  /** The environment hooks may be passed names of. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly graceMs?: number;
}

export interface InvocationResult {
  readonly correlationId: string;
  /** False when it was blocked, cancelled or refused before the act. */
  readonly wasRun: boolean;
  readonly end: EndEvent;
  /** What went wrong beside the invocation: the ledger, a clean-up that did not end. */
  readonly problems: readonly string[];
}

/**
 * Runs an act between its hooks and writes its events: one start and, whatever throws, one end. Hooks before it may
 * block it; nothing after it (hooks, ledger) changes how it ended. Throws only `LEDGER_UNWRITABLE` under
 * `requireLedger`, before anything ran.
 */
export async function runInvocation(request: InvocationRequest): Promise<InvocationResult> {
  const redactor = new Redactor(request.argv);
  let sink: EventSink | undefined;
  const problems: string[] = [];
  try {
    sink = request.openLedger();
  } catch (error) {
    if (request.requireLedger) throw error;
    problems.push(messageOf(error));
  }
  const log = new InvocationLog(sink, request.command, redactor.argv);
  const cancellation = new Cancellation();
  const onExit = (told: number) => {
    // A main module whose promise never settles is told as 0 here, and set to 13.
    const code = Number(process.exitCode ?? told);
    const cause = 'the process ended in the middle of the command';
    log.end(endOf(code === 0 ? { exitCode: 0 } : { exitCode: code, cause }, redactor));
  };
  process.on('exit', onExit);
  try {
    log.started();
    if (request.requireLedger && log.problems.length > 0)
      throw new AegisError('LEDGER_UNWRITABLE', log.problems.join('; '), {
        wayOut: 'Make the ledger writable, or run without --require-ledger.',
      });
    const invocation = new Invocation(request, redactor, log, cancellation, problems);
    const end = await invocation.run();
    log.close();
    return {
      correlationId: log.correlationId,
      wasRun: invocation.wasRun,
      end,
      problems: [...problems, ...log.problems],
    };
  } finally {
    process.off('exit', onExit);
    cancellation.dispose();
    log.close();
  }
}

class Invocation {
  wasRun = false;
  private hooks: HookSet | undefined;

  constructor(
    private readonly request: InvocationRequest,
    private readonly redactor: Redactor,
    private readonly log: InvocationLog,
    private readonly cancellation: Cancellation,
    private readonly problems: string[],
  ) {}

  async run(): Promise<EndEvent> {
    const flaw = argvFlaw(this.request.argv);
    if (flaw)
      return this.log.end(
        endOf({ exitCode: ExitCode.misuse, cause: `cannot take the arguments: ${flaw}` }, this.redactor),
      );
    const block = await this.askBefore();
    if (this.cancellation.by) return await this.cancelled(Promise.resolve());
    if (block)
      return this.log.end({ ...block, type: 'invocation.blocked', outcome: 'blocked', exit_code: 1 });

    this.wasRun = true;
    const act = this.runAct();
    await Promise.race([act, whenAborted(this.cancellation.signal)]);
    if (this.cancellation.by) return await this.cancelled(act);
    const ended = await act;
    const end = this.log.end(endOf(ended, this.redactor));
    const ending = { event: end, durationMs: this.log.elapsedMs };
    await this.observe({ kind: 'after_invocation', ending, signal: this.cancellation.signal });
    if (end.type === 'invocation.failed')
      await this.observe({ kind: 'on_error', ending, signal: this.cancellation.signal });
    return end;
  }

  /** Policy: whatever keeps the hooks from being asked blocks. */
  private async askBefore() {
    try {
      this.hooks = await this.request.loadHooks();
      return await this.dispatch({ kind: 'before_invocation', signal: this.cancellation.signal });
    } catch (error) {
      const wayOut = error instanceof AegisError && error.wayOut ? `. ${error.wayOut}` : '';
      return { veto: false, reason: this.redactor.text(`${messageOf(error)}${wayOut}`) };
    }
  }

  private async runAct(): Promise<ActEnd> {
    try {
      return await this.request.act(this.cancellation.signal);
    } catch (error) {
      return { exitCode: error instanceof AegisError ? error.exitCode : 1, cause: messageOf(error) };
    }
  }

  /** The end event comes first, so that it stands whatever the clean-up does; hooks and clean-up go side by side. */
  private async cancelled(act: Promise<unknown>): Promise<EndEvent> {
    const signal = this.cancellation.by ?? 'SIGTERM';
    const end = this.log.end({
      type: 'invocation.cancelled',
      outcome: 'cancelled',
      exit_code: signalExitCode(signal),
      signal,
    });
    const ending = { event: end, durationMs: this.log.elapsedMs };
    const force = this.cancellation.force;
    const hooks = this.observe({ kind: 'on_cancel', ending, budgetMs: cancelBudgetMs, signal: force });
    const graceMs = this.request.graceMs ?? cancelGraceMs;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`the command did not clean up within ${graceMs / 1000} s`), graceMs);
    });
    const forced = whenAborted(force).then(() => 'a second signal cut the clean-up short');
    const problem = await Promise.race([act.then(() => undefined), tooLong, forced]);
    clearTimeout(timer);
    if (problem) this.problems.push(problem);
    await hooks;
    return end;
  }

  /** Hooks after the act: nothing that happens in them, a defect of the dispatcher included, gets out. */
  private async observe(request: Dispatch): Promise<void> {
    try {
      await this.dispatch(request);
    } catch (error) {
      this.problems.push(`the ${request.kind} hooks could not be run: ${messageOf(error)}`);
    }
  }

  private async dispatch(request: Dispatch) {
    if (!this.hooks || this.hooks.entries.length === 0) return undefined;
    // Loaded only when there are hooks: without any, a command pays next to nothing.
    const { dispatch } = await import('./dispatcher.js');
    const { argv, truncated } = boundArgv(this.redactor.argv, payloadLimits);
    const context: DispatchContext = {
      log: this.log,
      redactor: this.redactor,
      source: {
        command: this.request.command,
        argv,
        isCut: truncated || this.redactor.isCut,
        correlationId: this.log.correlationId,
      },
      env: this.request.env ?? process.env,
    };
    return await dispatch(this.hooks, context, request);
  }
}

function endOf(ended: ActEnd, redactor: Redactor): EndEvent {
  if (ended.exitCode === 0) return { type: 'invocation.completed', outcome: 'succeeded', exit_code: 0 };
  const cause = ended.cause ?? (ended.signal ? `killed by ${ended.signal}` : `exit code ${ended.exitCode}`);
  return {
    type: 'invocation.failed',
    outcome: 'failed',
    exit_code: ended.exitCode,
    ...(ended.signal ? { signal: ended.signal } : {}),
    cause: redactor.text(cause),
  };
}
