import { Flags } from '@oclif/core';
import { AegisCommand } from './command.js';
import { AegisError, messageOf } from './errors.js';
import { invoke, type ActEnd, type InvocationResult } from './hooks/index.js';
import { exitCodeOfError } from './render/error.js';
import { colors, printable } from './ui.js';

/**
 * The base of every command that does work: it runs between the operator's lifecycle hooks and stands in the ledger.
 * Extending this class instead of `AegisCommand` is the whole declaration.
 *
 * It wraps oclif's `_run`, the one place that sees parsing, running, the command's own `catch` and `finally`. oclif's
 * `prerun` and `finally` hooks do not fit: neither sees a signal or an exit, and between them nothing ties one end
 * to one start.
 */
export abstract class InvocationCommand extends AegisCommand {
  static override baseFlags = {
    'require-ledger': Flags.boolean({
      description: 'refuse to run when the ledger cannot be written',
      helpGroup: 'LIFECYCLE HOOKS',
    }),
  };

  /** Aborted when the invocation is cancelled. */
  protected cancelled: AbortSignal = new AbortController().signal;
  private failure: unknown;
  private actEnd: ActEnd | undefined;

  /** False for a call that only looks something up (such as a listing) and needs no leave. */
  protected isWork(): boolean {
    return true;
  }

  /** Whether a boolean flag stands in the arguments; for what must be known before they are parsed. */
  protected hasFlag(flag: string): boolean {
    const end = this.argv.indexOf('--');
    return (end < 0 ? this.argv : this.argv.slice(0, end)).includes(flag);
  }

  /** Ends the command like `this.exit`, and tells the hooks and the ledger why. */
  protected endWith(end: ActEnd): never {
    this.actEnd = end;
    this.exit(end.exitCode);
  }

  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    if (!isExit(error)) this.failure = error;
    await super.catch(error);
  }

  protected override async _run<T>(): Promise<T> {
    if (!this.isWork()) return await super._run<T>();
    let settled: { value: T } | { error: unknown } | undefined;
    const act = async (signal: AbortSignal): Promise<ActEnd> => {
      this.cancelled = signal;
      try {
        settled = { value: await super._run<T>() };
        return { exitCode: Number(process.exitCode ?? 0) };
      } catch (error) {
        settled = { error };
        return this.actEnd ?? endOf(error, this.failure);
      }
    };
    let result: InvocationResult;
    try {
      result = await invoke({
        command: (this.id ?? '').replaceAll(':', ' '),
        argv: [...this.argv],
        requireLedger: this.hasFlag('--require-ledger'),
        act,
      });
    } catch (error) {
      await this.catch(error as Error);
      throw error;
    }
    for (const problem of result.problems)
      process.stderr.write(`${colors.warn('Warning:')} ${printable(problem)}\n`);
    await this.refuseUnlessRun(result);
    // Whatever the hooks did, the command's own value or error goes on untouched.
    if (settled && 'value' in settled) return settled.value;
    throw settled ? settled.error : new Error('the command was never run');
  }

  /** Ends the command when it was blocked or cancelled; returns when it ran to its own end. */
  private async refuseUnlessRun({ end, wasRun }: InvocationResult): Promise<void> {
    switch (end.type) {
      case 'invocation.blocked':
        return await this.catch(
          new AegisError('INVOCATION_BLOCKED', `cannot run this command: ${printable(end.reason)}`),
        );
      case 'invocation.cancelled':
        return this.exit(end.exit_code);
      case 'invocation.failed':
        if (!wasRun) await this.catch(new AegisError('BAD_ARGUMENT', printable(end.cause)));
        return;
      case 'invocation.completed':
        return;
    }
  }
}

function isExit(error: unknown): error is Error & { oclif: { exit: number } } {
  return error instanceof Error && (error as { code?: string }).code === 'EEXIT';
}

/** How a command ended that threw: `this.exit(n)`, or an error that `catch` has turned into one. */
function endOf(error: unknown, failure: unknown): ActEnd {
  const exitCode = isExit(error) ? error.oclif.exit : exitCodeOfError(error);
  const cause = failure ?? (isExit(error) ? undefined : error);
  return cause === undefined ? { exitCode } : { exitCode, cause: messageOf(cause) };
}
