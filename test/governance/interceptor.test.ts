import t from 'tap';
import {
  Interceptor,
  ToolDenied,
  type GovernanceRecord,
  type Outcome,
  type Posture,
} from '../../src/governance/index.js';
import type { Authority, InterceptorOptions } from '../../src/governance/interceptor.js';

const query = (answer: unknown): Authority => ({
  query: () => Promise.resolve<Outcome>({ kind: 'query', answer }),
  waitForApproval: () => Promise.resolve<Outcome>({ kind: 'approval', answer: { decision: 'allow' } }),
});
const forever = () => new Promise<never>(() => undefined);

function interceptor(posture: Posture, authority: Authority, more: Partial<InterceptorOptions> = {}) {
  const records: GovernanceRecord[] = [];
  const warnings: string[] = [];
  const made = new Interceptor({
    posture,
    authority,
    queryTimeoutMs: 50,
    approvalTimeoutMs: 50,
    approval: 'runtime',
    onRecord: (record) => records.push(record),
    warn: (text) => warnings.push(text),
    agentId: 'a',
    isRegistered: () => true,
    ...more,
  });
  return { interceptor: made, records, warnings };
}

t.test('what was asked about is what runs, whatever the caller changes meanwhile', async (t) => {
  const args = { path: '/innocent' };
  const authority: Authority = {
    ...query({ decision: 'allow' }),
    query: (_, asked) => {
      t.equal(asked, '{"path":"/innocent"}');
      args.path = '/etc/shadow';
      return Promise.resolve({ kind: 'query', answer: { decision: 'allow' } });
    },
  };
  const ran = await interceptor('enforce', authority).interceptor.run('t', args, (allowed) => allowed.path);
  t.equal(ran, '/innocent');
});

t.test('an observer changes nothing: the tool gets the very object', async (t) => {
  const args = { secret: 'x' };
  const answer = { decision: 'redact', rules: [{ path: '/secret', replacement: '-' }] };
  const { interceptor: observer, records } = interceptor('observe', query(answer));
  t.equal(await observer.run('t', args, (given) => given), args);
  t.match(records, [{ action: 'allow', reason: 'would_redact', basis: 'decided' }]);
});

t.test('a denied call rejects with its record and never runs', async (t) => {
  const { interceptor: strict, records } = interceptor('enforce', query({ decision: 'deny', reason: 'no' }));
  let ran = false;
  const call = strict.run('t', {}, () => (ran = true));
  await call.catch((error: unknown) => t.ok(error instanceof ToolDenied));
  await t.rejects(call, { code: 'TOOL_DENIED', exitCode: 1, record: { reason: 'denied', message: 'no' } });
  t.notOk(ran);
  t.equal(records.length, 1);
});

t.test('what the tool itself throws comes through as it is', async (t) => {
  const boom = new Error('boom');
  const { interceptor: strict } = interceptor('enforce', query({ decision: 'allow' }));
  await t.rejects(
    strict.run('t', {}, () => Promise.reject(boom)),
    boom,
  );
});

t.test('an authority that hangs is given up on', async (t) => {
  const { interceptor: strict, records } = interceptor('unset', { query: forever, waitForApproval: forever });
  await t.rejects(
    strict.run('t', {}, () => 1),
    { code: 'TOOL_DENIED' },
  );
  t.match(records, [{ reason: 'timeout', basis: 'could_not_decide' }]);
});

t.test('a handler sees its own copy of the arguments', async (t) => {
  const { interceptor: strict } = interceptor('enforce', query({ decision: 'pending', approvalId: 'p' }), {
    approval: (request) => {
      (request.args as { amount: number }).amount = 1_000_000;
      return Promise.resolve({ decision: 'allow' });
    },
  });
  t.same(await strict.run('pay', { amount: 1 }, (args) => args), { amount: 1 });
});

t.test('an approval cannot turn into a redaction or another wait', async (t) => {
  for (const answer of [
    { decision: 'redact', rules: [] },
    { decision: 'pending', approvalId: 'q' },
  ]) {
    const { interceptor: strict } = interceptor('enforce', query({ decision: 'pending', approvalId: 'p' }), {
      approval: () => Promise.resolve(answer),
    });
    await t.rejects(
      strict.run('t', {}, () => 1),
      { code: 'TOOL_DENIED' },
    );
  }
});

t.test('a sink that throws, rejects or hangs changes no verdict and is noted once', async (t) => {
  const sinks = [
    () => {
      throw new Error('sink');
    },
    () => Promise.reject(new Error('sink')),
  ];
  for (const onRecord of sinks) {
    const { interceptor: strict, warnings } = interceptor('enforce', query({ decision: 'deny' }), {
      onRecord,
    });
    for (let i = 0; i < 3; i++)
      await t.rejects(
        strict.run('t', {}, () => 1),
        { code: 'TOOL_DENIED' },
      );
    t.equal(strict.sinkFailures, 3);
    t.equal(warnings.length, 1);
  }
  const { interceptor: open } = interceptor('enforce', query({ decision: 'allow' }), { onRecord: forever });
  t.equal(await open.run('t', {}, () => 1), 1, 'an allow is not held up by a sink that hangs');
});

t.test('disabled asks nothing and says once that it is off', async (t) => {
  let asked = 0;
  const authority = { query: () => Promise.reject(new Error(`asked ${++asked}`)), waitForApproval: forever };
  const { interceptor: off, records } = interceptor('disabled', authority);
  const odd = { f: () => 1 };
  for (let i = 0; i < 3; i++) t.equal(await off.run('t', odd, (args) => args), odd);
  t.equal(asked, 0);
  t.match(records, [{ reason: 'disabled', basis: 'off', action: 'allow' }]);
  t.equal(records.length, 1);
});

t.test('records keep no arguments', async (t) => {
  const { interceptor: strict, records } = interceptor('enforce', query({ decision: 'allow' }));
  await strict.run('t', { password: 'hunter2' }, () => 1);
  t.notMatch(JSON.stringify(records), 'hunter2');
});
