import { AegisError, ExitCode, messageOf } from '../errors.js';
import { colors } from '../ui.js';

/** An error for people: what could not be done and why, the evidence, and the way out. */
export function renderError(error: unknown): string {
  if (!(error instanceof AegisError)) return `${colors.bad('Error:')} ${messageOf(error)}`;
  return [
    `${colors.bad('Error:')} ${error.message}`,
    ...(error.detail ? [error.detail] : []),
    ...(error.wayOut ? [`Way out: ${error.wayOut}`] : []),
  ].join('\n');
}

/**
 * The exit code an error ends a command with. oclif's own errors are about flags and arguments, so they are misuse;
 * anything unforeseen means that nothing was checked.
 */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof AegisError) return error.exitCode;
  return error instanceof Error && 'oclif' in error ? ExitCode.misuse : ExitCode.couldNotCheck;
}
