import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { endProcess } from './end-process.js';

/** Thrown when a program says nothing in time. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

/** A program that is talked with while it runs: it says lines, and waits for lines. */
export class Conversation {
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private said = '';

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    signal?: AbortSignal,
  ) {
    this.reader = createInterface({ input: child.stdout, crlfDelay: Infinity });
    this.lines = this.reader[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)));
    // What is written to a program that has ended is missed by nobody: its next line is.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => (this.said += error.message));
    const endNow = () => void this.end();
    signal?.addEventListener('abort', endNow, { once: true });
    child.once('close', () => signal?.removeEventListener('abort', endNow));
  }

  /** Starts a program without a shell, in the C locale; `signal` ends it. */
  static start(argv: readonly string[], signal?: AbortSignal): Conversation {
    const [file = '', ...args] = argv;
    const env = { ...process.env, LC_ALL: 'C' };
    return new Conversation(spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] }), signal);
  }

  /** The last of what the program said on stderr. */
  get complaints(): string {
    return this.said.trim();
  }

  /** The next line; undefined when the program will say no more. Throws `Silence` when none comes in time. */
  async next(timeoutMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Silence(`the program said nothing for ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    try {
      const line = await Promise.race([this.lines.next(), late]);
      return line.done ? undefined : line.value;
    } finally {
      clearTimeout(timer);
    }
  }

  say(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** SIGSTOP, as a debugger or a frozen container would. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** Ends the program, should it still run, and waits for it. */
  async end(): Promise<void> {
    this.reader.close();
    await endProcess(this.child, 'SIGKILL');
  }
}
