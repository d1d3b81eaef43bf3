import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { AegisError, type ErrorCode } from '../errors.js';

export interface ToolOptions {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** What the tool reads from its standard input. */
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of the tool's standard error. */
  readonly onLine?: (line: string) => void;
  /** The code of the error when the tool fails. */
  readonly code?: ErrorCode;
  readonly wayOut?: string;
}

/** What a tool may print before it is cut off. */
const maxOutput = 64 * 1024 * 1024;
const tailLines = 15;

/**
 * Runs a system tool without a shell, in the C locale, and returns its standard output.
 * @param act what it is run for, as in "cannot <act>: ..."
 * @throws AegisError: INTERRUPTED, TOOL_MISSING, DISK_FULL, or `code` (COMMAND_FAILED) with the end of what it printed
 */
export async function runTool(act: string, argv: readonly string[], options: ToolOptions): Promise<Buffer> {
  const [file = '', ...args] = argv;
  throwIfAborted(options.signal, act);
  const child = execa(file, args, {
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: maxOutput,
    // Without a pipe of its own a tool would read the terminal.
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    env: { ...options.env, LC_ALL: 'C' },
    cancelSignal: options.signal,
    forceKillAfterDelay: 5000,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (options.onLine) {
    const { onLine } = options;
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line.trim()));
  }
  const result = await child;
  if (result.exitCode === 0) return Buffer.from(result.stdout);
  throwIfAborted(options.signal, act);
  const tail = Buffer.from(result.stderr).toString('utf8').trim().split('\n').slice(-tailLines);
  const detail = tail.join('\n');
  if (result.code === 'ENOENT')
    throw new AegisError('TOOL_MISSING', `cannot ${act}: ${file} is not installed`, {
      wayOut: 'Run `npm run setup`, which installs what the embedded lane needs.',
      cause: result,
    });
  if (/No space left on device|write failed|Disk quota exceeded/i.test(detail))
    throw new AegisError('DISK_FULL', `cannot ${act}: no space left on the disk`, {
      wayOut: 'Free some space, or point XDG_CACHE_HOME at a disk that has some.',
      detail,
      cause: result,
    });
  const how = result.signal ? `was killed by ${result.signal}` : `ended with ${result.exitCode}`;
  throw new AegisError(options.code ?? 'COMMAND_FAILED', `cannot ${act}: ${file} ${how}`, {
    detail,
    cause: result,
    ...(options.wayOut === undefined ? {} : { wayOut: options.wayOut }),
  });
}

/** @throws AegisError INTERRUPTED once the signal has fired */
export function throwIfAborted(signal: AbortSignal, act: string): void {
  if (signal.aborted)
    throw new AegisError('INTERRUPTED', `cannot ${act}: interrupted`, { cause: signal.reason });
}
