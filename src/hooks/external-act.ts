import { signalExitCode } from './cancellation.js';
import type { ActEnd } from './invocation.js';
import { runProcess } from './process.js';

/** Milliseconds a cancelled command has to end by itself, between SIGTERM and SIGKILL. */
const termGraceMs = 5_000;

/**
 * Runs an external command as the thing invoked, on this process's own standard streams, and tells how it ended in the
 * shell's terms: its exit code, 128+n for signal n, 124 time-out, 126 not executable, 127 not found.
 */
export async function actOf(
  command: readonly string[],
  options: { timeoutSeconds?: number | undefined; signal: AbortSignal },
): Promise<ActEnd> {
  const { status } = await runProcess({
    argv: command,
    cwd: process.cwd(),
    env: ownEnvironment(),
    stdio: 'inherit',
    leaveBackground: true,
    termGraceMs,
    signal: options.signal,
    ...(options.timeoutSeconds === undefined ? {} : { timeoutMs: options.timeoutSeconds * 1000 }),
  });
  const name = command[0] ?? '';
  switch (status.kind) {
    case 'exited':
      return status.code === 0
        ? { exitCode: 0 }
        : { exitCode: status.code, cause: `the command ended with exit code ${status.code}` };
    case 'signalled':
      return {
        exitCode: signalExitCode(status.signal),
        signal: status.signal,
        cause: `the command was killed by ${status.signal}`,
      };
    case 'timed_out':
      return { exitCode: 124, cause: `the command took longer than ${options.timeoutSeconds} s` };
    case 'cancelled':
      return { exitCode: 143, cause: 'the command was cancelled' };
    case 'cannot_start':
      return status.errno === 'ENOENT'
        ? { exitCode: 127, cause: `cannot find ${name}` }
        : { exitCode: 126, cause: `cannot execute ${name}: ${status.errno}` };
  }
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
