import { Command } from '@oclif/core';
import { exitCodeOfError, renderError } from './render/error.js';

/** The base of every command: one place that turns an error into its text and its exit code. */
export abstract class AegisCommand extends Command {
  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    // `this.exit(n)` is itself an error in oclif; it carries a code and has nothing to say.
    if ('code' in error && error.code === 'EEXIT') throw error;
    process.stderr.write(`${renderError(error)}\n`);
    await Promise.resolve();
    this.exit(exitCodeOfError(error));
  }

  /**
   * A signal that is aborted when the user or the system asks this process to end. The work below then takes down what
   * it made; afterwards `exitCodeIfInterrupted` tells the code to end with, 128 plus the signal's number.
   */
  protected interruption(): {
    readonly signal: AbortSignal;
    readonly exitCodeIfInterrupted: () => number | undefined;
  } {
    const controller = new AbortController();
    let code: number | undefined;
    const numbers = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
    for (const [name, number] of Object.entries(numbers))
      process.on(name, () => {
        code ??= number;
        controller.abort(new Error(`interrupted by ${name}`));
      });
    return { signal: controller.signal, exitCodeIfInterrupted: () => code };
  }
}
