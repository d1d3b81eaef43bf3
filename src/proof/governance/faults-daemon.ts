import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decided, sameReason, undecided, ungoverned, type Fault } from './fault.js';
import { copyInstallation } from './installation.js';
import { RawClient } from './raw-client.js';
import { tools } from './stage.js';
import { AgentProcess } from './agent-process.js';

/** Faults of the real daemon, of the place it listens at, and of the extension. */
export const daemonFaults: readonly Fault[] = [
  {
    name: 'daemon-never-started',
    claim: 'Without a runtime no tool runs.',
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-stopped',
    claim: 'After the runtime stopped no tool runs.',
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      const runtime = await stage.runtime();
      await stage.startWell();
      await runtime.end('SIGTERM');
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-killed-before-query',
    claim: 'After the runtime was killed no tool runs.',
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      const runtime = await stage.runtime();
      await stage.startWell();
      await runtime.end('SIGKILL');
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-killed-in-query',
    claim: 'A runtime killed while it is asked lets nothing through.',
    covers: ['failure:channel_closed'],
    ...sameReason(undecided('channel_closed')),
    play: async (stage) => {
      await stage.relayed((line, runtime) => {
        // The question is on its way when its addressee dies.
        if (line.includes('"policy.query"')) void runtime.end('SIGKILL');
        return line.includes('"policy.query"') ? '' : line;
      });
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-hung',
    claim: 'A runtime that hangs lets nothing through, and no longer than the deadline.',
    covers: ['failure:timeout'],
    ...sameReason(undecided('timeout')),
    play: async (stage) => {
      const runtime = await stage.runtime();
      await stage.startWell();
      runtime.pause();
      stage.onTakeDown(() => Promise.resolve(runtime.resume()));
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-hung-at-start',
    claim: 'A runtime that hangs when the agent starts counts as unreachable.',
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      const runtime = await stage.runtime();
      runtime.pause();
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-restarted',
    claim: 'A restarted runtime is found again, the agent registers anew, and it decides again.',
    covers: ['query:allow'],
    enforced: decided(true, 'allowed'),
    observed: { reason: 'allowed', basis: 'decided' },
    play: async (stage) => {
      const runtime = await stage.runtime();
      await stage.startWell();
      await runtime.end('SIGKILL');
      await stage.runtime();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-without-policy',
    claim: 'A runtime without a policy cannot decide.',
    covers: ['query:error'],
    ...sameReason(undecided('error')),
    play: async (stage) => {
      await stage.runtime({ policy: null });
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'daemon-with-a-malformed-policy',
    claim: 'A runtime with a malformed policy cannot decide.',
    covers: ['query:error'],
    ...sameReason(undecided('error')),
    play: async (stage) => {
      await stage.runtime({ policy: 'version=6\n[tool]\nallow ok.tool\n' });
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'socket-of-another-user',
    claim: 'A listener of another user is not asked, although it would allow.',
    covers: ['failure:runtime_unreachable'],
    needsRoot: true,
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      await stage.squatter(65534);
      await stage.startImpaired({ socketPath: join(stage.folder, 'open', 'runtime.sock') });
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'socket-is-a-plain-file',
    claim: 'A plain file where the socket should be is no runtime.',
    covers: ['failure:runtime_unreachable'],
    ...sameReason(ungoverned('runtime_unreachable')),
    play: async (stage) => {
      await writeFile(stage.socketPath, '{"jsonrpc":"2.0","id":1,"result":{"decision":"allow"}}\n');
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'extension-missing',
    claim: 'Without the native extension no tool runs, and the reason is its own.',
    covers: ['failure:native_missing'],
    ...sameReason(ungoverned('native_missing')),
    play: async (stage) => {
      // A real runtime is there: only the extension is not.
      await stage.runtime();
      stage.useAgent(AgentProcess.start(await copyInstallation(stage.folder)));
      await stage.startImpaired();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'token-wrong',
    claim: 'The runtime answers no one who brings a wrong token.',
    covers: ['failure:query_failed'],
    ...sameReason(undecided('query_failed')),
    play: async (stage) => {
      await stage.relayed((line) => withToken(line, () => 'f'.repeat(64)));
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
  {
    name: 'token-of-another-agent',
    claim: 'A token is good for the agent it was given to, and for no other.',
    covers: ['failure:query_failed'],
    ...sameReason(undecided('query_failed')),
    play: async (stage) => {
      const behind = join(stage.folder, 'behind.sock');
      let other = '';
      await stage.relayed((line) => withToken(line, () => other));
      other = await registerBeside(behind);
      await stage.startWell();
      return stage.call(tools.allowed);
    },
  },
];

function withToken(line: string, token: () => string): string {
  return line.includes('"policy.query"') ? line.replace(/"token":"[0-9a-f]*"/, `"token":"${token()}"`) : line;
}

/** Registers an agent of its own, as any JSON-RPC client could, and returns its (valid) token. */
async function registerBeside(socketPath: string): Promise<string> {
  const client = await RawClient.connect(socketPath);
  const { result } = await client.call('agent.register', { agentId: 'another', name: 'another' });
  client.close();
  return String(result?.['token']);
}
