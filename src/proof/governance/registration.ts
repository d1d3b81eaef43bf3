import type { Scenario } from '../kit.js';
import { RawClient } from './raw-client.js';
import { refused } from './registration-refused.js';
import { need, staged } from './registration-scenario.js';
import { nextEvent } from './runtime-event.js';
import { tools } from './stage.js';

const unauthorized = -32001;
const identityTaken = -32003;

const known = staged(
  'agent-is-known',
  'The runtime knows what the agent said of itself, until it says goodbye.',
  async ({ bench, stage }) => {
    await stage.runtime();
    const operator = await stage.operator();
    const identity = {
      id: 'agent-7',
      name: 'seven',
      framework: 'proof',
      version: '1.2.3',
      team: 'red',
      parent: 'agent-1',
      delegationReason: 'because',
      depth: 2,
      spawnedBy: 'agent-6',
    };
    await bench.point('the agent registers', async () => {
      const reply = await stage.start({ agent: identity });
      need(reply.ok && reply.registered === true, 'it should be registered', { reply });
      return { state: reply.state };
    });
    await bench.point('the runtime lists it with every field', async () => {
      const [agent] = (await operator.status()).agents ?? [];
      const { id, delegationReason: _, ...rest } = identity;
      for (const [name, value] of Object.entries({ agentId: id, ...rest, mode: 'enforce', connected: true }))
        need(agent?.[name] === value, `${name} is not what was said`, { agent });
      need(!JSON.stringify(agent).includes('token'), 'the status tells a token', { agent });
      return { agent };
    });
    await bench.point('after shutdown the runtime knows it no more', async () => {
      await stage.ask({ do: 'stop' });
      const { agentCount } = await operator.status();
      need(agentCount === 0, 'the agent is still registered', { agentCount });
      return { agentCount };
    });
  },
);

const taken = staged(
  'identity-is-taken',
  'An identity belongs to who holds it; a token, to who was given it.',
  async ({ bench, stage }) => {
    await stage.runtime();
    await stage.startWell({ agent: { id: 'held', name: 'first' } });
    const other = await RawClient.connect(stage.socketPath);
    stage.onTakeDown(() => Promise.resolve(other.close()));
    await bench.point('another connection cannot take it', async () => {
      const { error } = await other.call('agent.register', { agentId: 'held', name: 'second' });
      need(error?.code === identityTaken, 'it was handed over', { error });
      return { error };
    });
    await bench.point('the holder still calls its tools', async () => {
      const reply = await stage.call(tools.allowed);
      need(reply.ok && (await stage.hasMarker()), 'the call should have run', { reply });
      return { ran: true };
    });
    await bench.point('a token ends with its registration', async () => {
      const { result } = await other.call('agent.register', { agentId: 'brief', name: 'brief' });
      const credentials = { agentId: 'brief', token: result?.['token'] };
      const query = { ...credentials, tool: tools.allowed, args: {} };
      const before = await other.call('policy.query', query);
      need(before.result?.['decision'] === 'allow', 'the token should be good at first', { before });
      await other.call('agent.deregister', credentials);
      const after = await other.call('policy.query', query);
      need(after.error?.code === unauthorized, 'the token is still good', { after });
      return { after };
    });
  },
);

const silent = staged(
  'heartbeats-missed',
  'An agent that falls silent loses its token, and registers anew when it is back.',
  async ({ bench, agent, stage }) => {
    await stage.runtime({ flags: ['--heartbeat-ttl', '1'] });
    const operator = await stage.operator();
    await stage.startWell();
    await bench.point('frozen, it is forgotten', async () => {
      const expired = nextEvent(operator, 'agent.expired', { timeoutMs: 10_000 });
      agent.pause();
      const event = await expired;
      const { agentCount } = await operator.status();
      need(agentCount === 0, 'it is still registered', { agentCount });
      return { event };
    });
    await bench.point('thawed, it registers anew and is governed again', async () => {
      const registered = nextEvent(operator, 'agent.registered', { timeoutMs: 10_000 });
      agent.resume();
      const event = await registered;
      const reply = await stage.call(tools.allowed);
      need(reply.ok && (await stage.hasMarker()), 'the call should have run', { reply });
      return { event };
    });
  },
);

const restarted = staged(
  'runtime-restarts',
  'A restarted runtime is found again, and the agent registers with it by itself.',
  async ({ bench, stage }) => {
    const runtime = await stage.runtime();
    await stage.startWell({ agent: { id: 'faithful', name: 'faithful' } });
    await runtime.end('SIGKILL');
    await bench.point('the agent registers with the new one by itself', async () => {
      await stage.runtime();
      const started = performance.now();
      const operator = await stage.operator();
      const deadline = started + 5000;
      let count = 0;
      while (count === 0) {
        need(performance.now() < deadline, 'it did not come back', {});
        count = (await operator.status()).agentCount;
      }
      return { reconnected_within_ms: Math.round(performance.now() - started) };
    });
    await bench.point('its calls are decided again', async () => {
      const reply = await stage.call(tools.allowed);
      need(reply.ok && (await stage.hasMarker()), 'the call should have run', { reply });
      return { ran: true };
    });
  },
);

const answered = staged(
  'one-answer-a-question',
  'The runtime answers each question once, under its own id, and answers nothing else.',
  async ({ bench, stage }) => {
    await stage.runtime();
    await bench.point('questions on their way together get one answer each', async () => {
      const client = await RawClient.connect(stage.socketPath);
      stage.onTakeDown(() => Promise.resolve(client.close()));
      const { result } = await client.call('agent.register', { agentId: 'asker', name: 'asker' });
      const params = { agentId: 'asker', token: result?.['token'], tool: tools.allowed, args: {} };
      const ids = Array.from({ length: 20 }, (_, i) => `q${i}`);
      for (const id of ids) client.send(id, 'policy.query', params);
      // Its answer comes last, so that a surplus one of the others has come before it.
      client.send('last', 'status.get', {});
      const told: unknown[] = [];
      while (told.at(-1) !== 'last' && told.length <= 2 * ids.length) told.push((await client.next()).id);
      need(JSON.stringify(told) === JSON.stringify([...ids, 'last']), 'the answers are not the questions’', {
        told,
      });
      return { told };
    });
  },
);

const once = staged(
  'one-identity-a-process',
  'A process is one agent: asking again gives the same, asking for another is an error.',
  async ({ bench, stage }) => {
    await stage.runtime();
    await stage.startWell({ agent: { id: 'one', name: 'one' } });
    await bench.point('the same identity gives the same assembly', async () => {
      const reply = await stage.start({ agent: { id: 'one', name: 'one' } });
      const { agentCount } = await (await stage.operator()).status();
      need(reply.ok && agentCount === 1, 'it should be the same agent', { reply, agentCount });
      return { agentCount };
    });
    await bench.point('another identity is a configuration error', async () => {
      const reply = await stage.start({ agent: { id: 'two', name: 'two' } });
      need(reply.error?.code === 'CONFIG_INVALID', 'it should be refused', { reply });
      return { error: reply.error };
    });
    await bench.point(
      'a delegation reason of more than 256 characters is a configuration error',
      async () => {
        const reply = await stage.start({
          agent: { id: 'three', name: 'three', delegationReason: 'x'.repeat(257) },
        });
        need(reply.error?.code === 'CONFIG_INVALID', 'it should be refused', { reply });
        return { error: reply.error };
      },
    );
  },
);

export function registrationScenarios(): readonly Scenario[] {
  return [
    known,
    refused('enforce'),
    refused('unset'),
    refused('observe'),
    taken,
    answered,
    silent,
    restarted,
    once,
  ];
}
