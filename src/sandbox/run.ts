import { constants } from 'node:os';
import { execa } from 'execa';

const signalNumbers: Readonly<Record<string, number | undefined>> = constants.signals;

/** How a process ended, whatever it was: never thrown, so that a death by signal is a result like any other. */
export interface Ended {
  /** The exit code, or 128 plus the signal's number; undefined when the process never started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the process could not be started at all. */
  readonly startError: string | undefined;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What one process may print before the rest is cut off; a runaway child must not eat the runner's memory. */
const maxOutput = 1024 * 1024;

/** Runs a program without a shell, in the C locale, and tells how it ended. Throws only when `signal` aborts. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [file = '', ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    maxBuffer: maxOutput,
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
    env: { ...options.env, LC_ALL: 'C' },
    ...(options.signal ? { cancelSignal: options.signal } : {}),
  });
  if (result.isCanceled) options.signal?.throwIfAborted();
  const number = result.signal === undefined ? undefined : signalNumbers[result.signal];
  return {
    exitCode: number === undefined ? result.exitCode : 128 + number,
    signal: result.signal,
    timedOut: result.timedOut,
    stdout: result.stdout,
    stderr: result.stderr,
    startError: result.exitCode === undefined && !result.signal ? result.shortMessage : undefined,
  };
}
