import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { AegisError } from '../../errors.js';
import { codeRoot } from '../../paths.js';
import type { AgentCommand, AgentReply } from './agent-protocol.js';

/** The governed program as a child process. It is asked one thing at a time. */
export class AgentProcess {
  private readonly replies: AsyncIterator<string>;
  private said = '';

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, Readable>) {
    child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4000)));
    child.stdin.on('error', () => undefined);
    this.replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** `root`: the compiled code it is started from; that of another installation may lack the native extension. */
  static start(root = codeRoot): AgentProcess {
    const program = join(root, 'src', 'proof', 'governance', 'governed-agent.js');
    return new AgentProcess(spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  /** Throws `AGENT_FAILED` when it gives no answer in time: then nothing can be said about the cell. */
  async ask(command: AgentCommand, timeoutMs: number): Promise<AgentReply> {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const timeout = AbortSignal.timeout(timeoutMs);
    const reply = await Promise.race([
      this.replies.next(),
      once(timeout, 'abort').then(() => ({ done: true, value: undefined }) as const),
    ]);
    if (!reply.done) return JSON.parse(reply.value) as AgentReply;
    const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : 'it ended';
    throw new AegisError('AGENT_FAILED', `cannot learn what became of the tool call: ${why}`, {
      detail: this.said,
    });
  }

  /** SIGSTOP, as a debugger or a frozen container would. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
