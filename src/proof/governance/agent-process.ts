import { join } from 'node:path';
import { AegisError } from '../../errors.js';
import { codeRoot } from '../../paths.js';
import { Conversation, Silence } from '../../sandbox/conversation.js';
import type { AgentCommand, AgentReply } from './agent-protocol.js';

/** The governed program as a child process. It is asked one thing at a time. */
export class AgentProcess {
  private constructor(private readonly program: Conversation) {}

  /** `root`: the compiled code it is started from; that of another installation may lack the native extension. */
  static start(root = codeRoot): AgentProcess {
    const program = join(root, 'src', 'proof', 'governance', 'governed-agent.js');
    return new AgentProcess(Conversation.start([process.execPath, program]));
  }

  /** Throws `AGENT_FAILED` when it gives no answer in time: then nothing can be said about the cell. */
  async ask(command: AgentCommand, timeoutMs: number): Promise<AgentReply> {
    this.program.say(JSON.stringify(command));
    let why = 'it ended';
    const line = await this.program.next(timeoutMs).catch((error: unknown) => {
      if (!(error instanceof Silence)) throw error;
      why = `no answer within ${timeoutMs} ms`;
      return undefined;
    });
    if (line !== undefined) return JSON.parse(line) as AgentReply;
    throw new AegisError('AGENT_FAILED', `cannot learn what became of the tool call: ${why}`, {
      detail: this.program.complaints,
    });
  }

  /** SIGSTOP, as a debugger or a frozen container would. */
  pause(): void {
    this.program.pause();
  }

  resume(): void {
    this.program.resume();
  }

  async end(): Promise<void> {
    await this.program.end();
  }
}
