import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { AegisError } from '../../errors.js';
import { codeRoot } from '../../paths.js';
import { endProcess } from './end-process.js';
import type { AgentCommand, AgentReply } from './agent-protocol.js';

/** The governed program as a child process. It is asked one thing at a time. */
export class AgentProcess {
  private said = '';
  /** Lines that nobody has asked for yet, and whoever waits for the next one. */
  private readonly lines: string[] = [];
  private waiting: ((line: string | undefined) => void) | undefined;
  private hasEnded = false;

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout })
      .on('line', (line) => this.take(line))
      .on('close', () => {
        this.hasEnded = true;
        this.waiting?.(undefined);
      });
  }

  /** `root`: the compiled code it is started from; that of another installation may lack the native extension. */
  static start(root = codeRoot): AgentProcess {
    const program = join(root, 'src', 'proof', 'governance', 'governed-agent.js');
    return new AgentProcess(spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  /** Throws `AGENT_FAILED` when it gives no answer in time: then nothing can be said about the cell. */
  async ask(command: AgentCommand, timeoutMs: number): Promise<AgentReply> {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    let isLate = false;
    const line = await new Promise<string | undefined>((resolve) => {
      // A timer of its own: the one behind AbortSignal.timeout can be collected with its signal and never fire.
      const timer = setTimeout(() => {
        isLate = true;
        resolve(undefined);
      }, timeoutMs);
      void this.next().then((next) => {
        clearTimeout(timer);
        resolve(next);
      });
    });
    if (line !== undefined) return JSON.parse(line) as AgentReply;
    const why = isLate ? `no answer within ${timeoutMs} ms` : 'it ended';
    throw new AegisError('AGENT_FAILED', `cannot learn what became of the tool call: ${why}`, {
      detail: this.said,
    });
  }

  private take(line: string): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(line);
    else this.lines.push(line);
  }

  private async next(): Promise<string | undefined> {
    const line = this.lines.shift();
    if (line !== undefined || this.hasEnded) return line;
    return await new Promise((resolve) => (this.waiting = resolve));
  }

  /** SIGSTOP, as a debugger or a frozen container would. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    await endProcess(this.child, 'SIGKILL');
  }
}
