/**
 * The governed program of the proofs: a process of its own that goes under governance as it is told on stdin, makes
 * tool calls whose bodies write a file, and tells on stdout what became of them. One JSON line each.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  createGovernance,
  initAssembly,
  Interceptor,
  type GovernanceOptions,
  type GovernanceRecord,
  type GovernanceState,
} from '../../governance/index.js';
import type { AgentCommand, AgentReply, AgentSetup } from './agent-protocol.js';

interface Session {
  readonly interceptor: Interceptor;
  state(): GovernanceState;
  registered(): boolean;
  close(): Promise<void>;
}

const forever = () => new Promise<never>(() => undefined);
const approvals = {
  grants: () => Promise.resolve('allow'),
  denies: () => Promise.resolve('deny'),
  hangs: forever,
  throws: () => Promise.reject(new Error('the handler broke')),
  pends: () => Promise.resolve('pending'),
};

let session: Session | undefined;
let records: GovernanceRecord[] = [];
let warnings: string[] = [];

async function start(setup: AgentSetup): Promise<Session> {
  const { posture, approval } = setup;
  const options: GovernanceOptions & { agent: AgentSetup['agent'] } = {
    ...(posture === 'unset' ? {} : { enforcementMode: posture }),
    agent: setup.agent,
    socketPath: setup.socketPath,
    queryTimeoutMs: setup.queryTimeoutMs,
    connectTimeoutMs: setup.queryTimeoutMs,
    approvalTimeoutMs: setup.approvalTimeoutMs,
    approval: approval === 'runtime' || approval === 'none' ? approval : approvals[approval],
    onWarning: (text) => warnings.push(text),
    onRecord: (record) => {
      records.push(record);
      if (setup.sink === 'throws') throw new Error('the sink broke');
      if (setup.sink === 'rejects') return Promise.reject(new Error('the sink broke'));
      return setup.sink === 'hangs' ? forever() : undefined;
    },
  };
  if (setup.queryThrows) {
    const authority = {
      query: () => {
        throw new Error('the query broke');
      },
      waitForApproval: forever,
    };
    const interceptor = new Interceptor({
      posture,
      authority,
      queryTimeoutMs: setup.queryTimeoutMs,
      approvalTimeoutMs: setup.approvalTimeoutMs,
      approval: 'runtime',
      onRecord: options.onRecord,
      warn: () => undefined,
      agentId: setup.agent.id,
      isRegistered: () => true,
    });
    return { interceptor, state: () => 'connected', registered: () => true, close: () => Promise.resolve() };
  }
  if (setup.by === 'assembly') {
    const assembly = await initAssembly(options);
    return {
      interceptor: assembly.interceptor,
      state: () => assembly.state(),
      registered: () => assembly.registered,
      close: () => assembly.shutdown(),
    };
  }
  const governance = await createGovernance(options);
  return {
    interceptor: governance.interceptor,
    state: () => governance.state(),
    registered: () => governance.state() === 'connected',
    close: () => governance.close(),
  };
}

async function perform(command: AgentCommand): Promise<AgentReply> {
  if (command.do === 'start') {
    records = [];
    warnings = [];
    session = await start(command.setup);
    return told({});
  }
  if (command.do === 'bare') {
    runTool(command.marker);
    return told({});
  }
  if (!session) throw new Error('not started');
  if (command.do === 'stop') {
    await session.close();
    return told({});
  }
  const args = command.spoil ? { ...(command.args as object), spoiled: () => undefined } : command.args;
  // Its own end is told by its marker.
  const beside = command.beside ? callBeside(session, command.beside) : undefined;
  try {
    const ran = await session.interceptor.run(command.tool, args, (allowed) => {
      runTool(command.marker);
      return allowed;
    });
    return told({ ran: JSON.parse(JSON.stringify(ran)) as unknown });
  } finally {
    await beside;
  }
}

/** What every tool here does; the effect by which the proofs judge. */
function runTool(marker: string): void {
  writeFileSync(marker, 'the tool ran\n');
}

async function callBeside(governed: Session, call: { tool: string; marker: string }): Promise<void> {
  try {
    await governed.interceptor.run(call.tool, {}, () => runTool(call.marker));
  } catch {
    // Denied; the marker that is not there says so.
  }
}

function told(more: Partial<AgentReply>): AgentReply {
  return {
    ok: true,
    ...(session ? { state: session.state(), registered: session.registered() } : {}),
    records,
    warnings,
    ...more,
  };
}

async function answer(line: string): Promise<void> {
  let reply: AgentReply;
  try {
    reply = await perform(JSON.parse(line) as AgentCommand);
  } catch (error) {
    const { code = 'UNKNOWN', message } = error as { code?: string; message: string };
    reply = told({ ok: false, error: { code, message } });
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

let before = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  before = before.then(() => answer(line));
});
