import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../../governance/deadline.js';
import { failsOpen, type Posture } from '../../governance/posture.js';
import { Operator } from '../../governance/operator.js';
import { endProcess } from '../../sandbox/end-process.js';
import { Disproof } from '../kit.js';
import type { AgentCommand, AgentReply, AgentSetup } from './agent-protocol.js';
import type { AgentProcess } from './agent-process.js';
import { FalseRuntime, type FalseRuntimeScript } from './false-runtime.js';
import { startRelay } from './relay.js';
import { RuntimeProcess } from './runtime-process.js';

/** The tools of the proof's policy, one a decision. */
export const tools = {
  allowed: 'ok.tool',
  denied: 'no.tool',
  redacted: 'secret.tool',
  asked: 'ask.tool',
} as const;

/** The rules for them. */
export const toolRules = `[tool]
default deny
allow   ${tools.allowed}
deny    ${tools.denied} : never this one
redact  ${tools.redacted} mask /secret
pending ${tools.asked} : somebody looks
`;

const policy = `version=6
${toolRules}`;

/** Generous: a machine with little to spare is slow, and only a hang is to be told from slow. */
const agentAnswerMs = 30_000;
const queryTimeoutMs = 600;
const approvalTimeoutMs = 1200;

/** Where one cell of the matrix is played: a folder, a socket, an agent, and what was started for it. */
export class Stage {
  private readonly takeDown: (() => Promise<unknown>)[] = [];
  private agentsMade = 0;

  private constructor(
    readonly folder: string,
    readonly posture: Posture,
    private agent: AgentProcess,
  ) {}

  static async set(posture: Posture, agent: AgentProcess): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'aegis-proof-'));
    // Others may pass through, for the squatter of another user; what is inside has modes of its own.
    await chmod(folder, 0o711);
    return new Stage(folder, posture, agent);
  }

  get socketPath(): string {
    return join(this.folder, 'runtime.sock');
  }

  get marker(): string {
    return join(this.folder, 'marker');
  }

  get isEnforced(): boolean {
    return !failsOpen(this.posture);
  }

  onTakeDown(act: () => Promise<unknown>): void {
    this.takeDown.push(act);
  }

  /** Ends everything that was started, last first, and removes the folder. */
  async clear(): Promise<void> {
    for (let act = this.takeDown.pop(); act; act = this.takeDown.pop()) await act();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The real authority with the proof's policy, or with another text, or (null) with none. */
  async runtime(
    options: { policy?: string | null; socketPath?: string; flags?: string[] } = {},
  ): Promise<RuntimeProcess> {
    const flags = [...(options.flags ?? [])];
    const text = options.policy === undefined ? policy : options.policy;
    if (text !== null) {
      const file = join(this.folder, 'policy');
      await writeFile(file, text, { mode: 0o600 });
      flags.push('--policy', file);
    }
    const runtime = await RuntimeProcess.start(options.socketPath ?? this.socketPath, flags);
    this.onTakeDown(() => runtime.end('SIGKILL'));
    return runtime;
  }

  async falseRuntime(script: FalseRuntimeScript): Promise<FalseRuntime> {
    const runtime = await FalseRuntime.listen(this.socketPath, script);
    this.onTakeDown(() => runtime.close());
    return runtime;
  }

  /** The real runtime behind something that rewrites what the agent sends. */
  async relayed(rewrite: (line: string, runtime: RuntimeProcess) => string): Promise<RuntimeProcess> {
    const behind = join(this.folder, 'behind.sock');
    const runtime = await this.runtime({ socketPath: behind });
    this.onTakeDown(await startRelay(this.socketPath, behind, (line) => rewrite(line, runtime)));
    return runtime;
  }

  /** A listener of another user that would allow everything. Needs root. */
  async squatter(uid: number): Promise<void> {
    const folder = join(this.folder, 'open');
    await mkdir(folder);
    await chmod(folder, 0o1777);
    await startSquatter(join(folder, 'runtime.sock'), uid, (child) =>
      this.onTakeDown(() => endProcess(child, 'SIGKILL')),
    );
  }

  /** Another installation's program, for the cell in which the extension is missing. */
  useAgent(agent: AgentProcess): void {
    this.agent = agent;
    this.onTakeDown(() => agent.end());
  }

  async operator(): Promise<Operator> {
    const operator = await Operator.connect({ socketPath: this.socketPath });
    this.onTakeDown(() => Promise.resolve(operator.close()));
    return operator;
  }

  /** Whatever the governed program is to be asked. */
  ask(command: AgentCommand): Promise<AgentReply> {
    return this.agent.ask(command, agentAnswerMs);
  }

  /** Puts the agent under governance; the reply tells whether that worked. */
  start(changes: Partial<AgentSetup> = {}): Promise<AgentReply> {
    const id = `proof-${process.pid}-${++this.agentsMade}`;
    const setup: AgentSetup = {
      posture: this.posture,
      socketPath: this.socketPath,
      agent: { id, name: 'proof' },
      by: 'assembly',
      queryTimeoutMs,
      approvalTimeoutMs,
      approval: 'runtime',
      sink: 'keeps',
      ...changes,
    };
    return this.agent.ask({ do: 'start', setup }, agentAnswerMs);
  }

  /** As `start`, where everything is in order: anything but a registered agent disproves the cell. */
  async startWell(changes: Partial<AgentSetup> = {}): Promise<void> {
    const reply = await this.start(changes);
    this.onTakeDown(() => this.agent.ask({ do: 'stop' }, agentAnswerMs));
    const expected = this.posture !== 'disabled';
    if (!reply.ok || reply.registered !== expected)
      throw new Disproof(`the agent should start ${expected ? 'registered' : 'unregistered'}`, { reply });
  }

  /**
   * As `start`, where the agent cannot be registered. Under enforce the start itself has to be refused, and whoever
   * then goes on without it still gets an interceptor; under observe it goes on and says that it is not registered.
   */
  async startImpaired(changes: Partial<AgentSetup> = {}): Promise<void> {
    const reply = await this.start(changes);
    if (this.isEnforced) {
      if (reply.ok || reply.error?.code !== 'NOT_REGISTERED')
        throw new Disproof('initAssembly must refuse to start the agent', { reply });
      const second = await this.start({ ...changes, by: 'governance' });
      if (!second.ok) throw new Disproof('an interceptor must be had all the same', { reply: second });
    } else if (!reply.ok || reply.registered !== false) {
      throw new Disproof('the agent should start unregistered', { reply });
    } else if (this.posture === 'observe' && reply.warnings?.length !== 1) {
      throw new Disproof('going on without the runtime needs one warning', { reply });
    }
    this.onTakeDown(() => this.agent.ask({ do: 'stop' }, agentAnswerMs));
  }

  /** One tool call; its body writes the marker. */
  call(
    tool: string,
    more: { spoil?: boolean; beside?: { tool: string; marker: string } } = {},
  ): Promise<AgentReply> {
    const args = { path: '/srv/data', secret: 'hunter2' };
    return this.agent.ask({ do: 'call', tool, args, marker: this.marker, ...more }, agentAnswerMs);
  }

  async hasMarker(path = this.marker): Promise<boolean> {
    return stat(path).then(
      () => true,
      () => false,
    );
  }

  async dropMarker(): Promise<void> {
    await rm(this.marker, { force: true });
  }
}

/** Returns when it listens; throws, with what it said, when it ends instead. */
async function startSquatter(
  socketPath: string,
  uid: number,
  onStart: (child: ChildProcess) => void,
): Promise<void> {
  // By `env -i`, because what else stands in the way of an environment (a test runner's loader, say) may lie in a folder
  // that only this user can read.
  const child = spawn('/usr/bin/env', ['-i', process.execPath, '-e', squatterProgram, socketPath], {
    uid,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStart(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => {
    throw new Error(`the listener of another user ended (${signal ?? code}): ${said.trim()}`);
  });
  ended.catch(() => undefined);
  await within(agentAnswerMs, Promise.race([once(child.stdout, 'data'), ended]));
}

/** Answers as the protocol wants and allows everything: only its credentials give it away. */
const squatterProgram = `
const { chmodSync } = require('node:fs');
const path = process.argv[1];
require('node:net').createServer((socket) => {
  // Who sees through it hangs up, perhaps in the middle of an answer.
  socket.on('error', () => undefined);
  require('node:readline').createInterface({ input: socket }).on('line', (line) => {
    const { id, params } = JSON.parse(line);
    const result = { protocol: 1, nonce: params.nonce, registered: true, agentId: params.agentId, token: 't', decision: 'allow' };
    socket.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  });
}).listen(path, () => { chmodSync(path, 0o777); console.log('listening'); });
`;
