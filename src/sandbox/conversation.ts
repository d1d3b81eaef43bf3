import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A program that is talked with while it runs: it says lines, and waits for lines. */
export class Conversation {
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private said = '';

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    signal: AbortSignal,
  ) {
    this.reader = createInterface({ input: child.stdout, crlfDelay: Infinity });
    this.lines = this.reader[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)));
    // What is written to a program that has ended is missed by nobody: its next line is.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => (this.said += error.message));
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Starts a program without a shell, in the C locale. */
  static start(argv: readonly string[], signal: AbortSignal): Conversation {
    const [file = '', ...args] = argv;
    const env = { ...process.env, LC_ALL: 'C' };
    return new Conversation(spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] }), signal);
  }

  /** The last of what the program said on stderr. */
  get complaints(): string {
    return this.said.trim();
  }

  /** The next line; undefined when the program will say no more. Throws when none comes in time. */
  async next(timeoutMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the program said nothing for ${timeoutMs} ms`)), timeoutMs);
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

  /** Ends the program, should it still run. */
  end(): void {
    this.reader.close();
    this.child.kill('SIGKILL');
  }
}
