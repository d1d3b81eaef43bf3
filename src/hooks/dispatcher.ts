import { parseAnswer } from './answer.js';
import type { HookFailure, HookIdentity } from './event.js';
import { guard } from './guard.js';
import { LaunchRefused, type HookEntry, type HookSet } from './hook-entry.js';
import type { InvocationLog } from './invocation-log.js';
import { payload, type Ending, type PayloadSource } from './payload.js';
import { runProcess, type ProcessResult, type ProcessStatus } from './process.js';
import type { Redactor } from './redaction.js';
import { isFailOpen, isObservability, type HookKind } from './spec.js';

/** Why an invocation may not run. */
export interface Block {
  /** True when a hook said no, false when a closed hook could not say. */
  readonly veto: boolean;
  readonly reason: string;
}

export interface DispatchContext {
  readonly log: InvocationLog;
  readonly redactor: Redactor;
  readonly source: PayloadSource;
  /** Where the names in a hook's `env` are looked up. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

export interface Dispatch {
  readonly kind: HookKind;
  /** How the invocation ended; absent before it ran. */
  readonly ending?: Ending;
  /** Milliseconds all hooks of this kind may take together; the manifest's budget when absent. */
  readonly budgetMs?: number;
  /** Aborting ends the hook that runs and starts no other. */
  readonly signal: AbortSignal;
}

/** How one hook ended, as the dispatcher sees it. */
type Verdict =
  | { readonly kind: 'done'; readonly outcome: 'allowed' | 'observed' }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: HookFailure; readonly cause: string };

/**
 * Runs the hooks of one kind, in manifest order, one after another. Returns a block when a policy hook vetoed or a
 * closed one failed, and runs none after it; hooks that observe never produce one, whatever they declare. Never throws
 * for what a hook does.
 */
export async function dispatch(
  hooks: HookSet,
  context: DispatchContext,
  request: Dispatch,
): Promise<Block | undefined> {
  const deadline = performance.now() + (request.budgetMs ?? hooks.budgetSeconds * 1000);
  for (const entry of hooks.entries.filter(({ spec }) => spec.kind === request.kind)) {
    const rule = guard(entry.spec);
    if (rule) {
      context.log.hook({ ...identify(entry), type: 'hook.blocked', outcome: 'blocked', reason: rule });
      continue;
    }
    const block = await runHook(entry, context, request, deadline);
    if (block) return block;
  }
  return undefined;
}

async function runHook(
  entry: HookEntry,
  context: DispatchContext,
  request: Dispatch,
  deadline: number,
): Promise<Block | undefined> {
  const { log, redactor } = context;
  const identity = identify(entry);
  const { verdict, result } = await launch(entry, context, request, deadline);
  const output = result?.started ? { stdout: result.stdout, stderr: result.stderr } : {};
  const durationMs = result?.durationMs ?? 0;
  if (verdict.kind !== 'failed' && result) {
    const outcome = verdict.kind === 'denied' ? 'denied' : verdict.outcome;
    log.hook(
      { ...identity, type: 'hook.completed', outcome, stdout: result.stdout, stderr: result.stderr },
      durationMs,
    );
    return verdict.kind === 'denied' ? { veto: true, reason: redactor.text(verdict.reason) } : undefined;
  }
  if (verdict.kind !== 'failed') return undefined;
  const cause = redactor.text(verdict.cause);
  const fields = { ...identity, reason: verdict.reason, cause, ...output };
  // The guard has already kept closed hooks that observe from getting here; asked again, since masking an
  // invocation's outcome is the one thing that must not happen.
  const closed = !isObservability(entry.spec.kind) && !isFailOpen(entry.spec.failurePolicy);
  if (!closed || verdict.reason === 'cancelled') {
    log.hook({ ...fields, type: 'hook.failed', outcome: 'failed' }, durationMs);
    return undefined;
  }
  log.hook({ ...fields, type: 'hook.blocked', outcome: 'blocked' }, durationMs);
  return { veto: false, reason: `the hook ${entry.spec.name} failed (${verdict.reason}): ${cause}` };
}

/** Verifies and runs one hook. The process result is there only when a launch was tried. */
async function launch(
  entry: HookEntry,
  context: DispatchContext,
  request: Dispatch,
  deadline: number,
): Promise<{ verdict: Verdict; result?: ProcessResult }> {
  const failed = (reason: HookFailure, cause: string) => ({
    verdict: { kind: 'failed', reason, cause } as const,
  });
  if (request.signal.aborted) return failed('cancelled', 'the invocation was cancelled before it started');
  let path;
  try {
    path = await entry.verify();
  } catch (error) {
    if (error instanceof LaunchRefused) return failed(error.reason, error.message);
    return failed('entrypoint_invalid', error instanceof Error ? error.message : String(error));
  }
  const left = Math.round(deadline - performance.now());
  if (left <= 0) return failed('budget_exhausted', 'the hooks before it took all the time there is');
  const { spec } = entry;
  const result = await runProcess({
    argv: [path, ...spec.entrypoint.slice(1)],
    cwd: entry.cwd,
    env: passedOn(spec.env, context.env),
    stdio: 'capture',
    input: payload(spec, context.source, request.ending),
    timeoutMs: Math.min(spec.timeoutSeconds * 1000, left),
    signal: request.signal,
    onStarted: () => context.log.hook({ ...identify(entry), type: 'hook.invoked', outcome: 'invoked' }),
  });
  return { verdict: judge(entry, result), result };
}

function judge(entry: HookEntry, result: ProcessResult): Verdict {
  const failure = failureOf(result.status);
  if (failure) return { kind: 'failed', ...failure };
  if (isObservability(entry.spec.kind)) return { kind: 'done', outcome: 'observed' };
  const answer = parseAnswer(result.answer, result.stdout.truncated);
  switch (answer.decision) {
    case 'allow':
      return { kind: 'done', outcome: 'allowed' };
    case 'deny':
      return entry.spec.permissions.includes('veto')
        ? { kind: 'denied', reason: answer.reason }
        : { kind: 'failed', reason: 'veto_not_permitted', cause: 'it denied without the permission "veto"' };
    case 'none':
      return { kind: 'failed', reason: 'answer_unparseable', cause: answer.why };
  }
}

function failureOf(status: ProcessStatus): { reason: HookFailure; cause: string } | undefined {
  switch (status.kind) {
    case 'exited':
      return status.code === 0
        ? undefined
        : { reason: 'exit_nonzero', cause: `it ended with exit code ${status.code}` };
    case 'signalled':
      return { reason: 'killed_by_signal', cause: `it was killed by ${status.signal}` };
    case 'timed_out':
      return { reason: 'timed_out', cause: 'its time was over, and its process group was killed' };
    case 'cancelled':
      return { reason: 'cancelled', cause: 'the invocation was cancelled while it ran' };
    case 'cannot_start':
      return { reason: 'cannot_start', cause: `it could not be started: ${status.errno}` };
  }
}

function passedOn(names: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

function identify({ index, spec, sha256 }: HookEntry): HookIdentity {
  return {
    hook_index: index,
    // Told as declared: a forged spec's policy may be any text, of any length.
    hook_name: String(spec.name).slice(0, 128),
    hook_kind: spec.kind,
    failure_policy: String(spec.failurePolicy).slice(0, 64),
    entrypoint_sha256: sha256,
  };
}
