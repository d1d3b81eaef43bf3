import t from 'tap';
import { parseAnswer } from '../../src/hooks/answer.js';
import { violations } from '../../src/hooks/schema.js';
import { failWith, Project, succeed } from './project.js';

t.test('what the answer’s reader takes is what its schema takes', async (t) => {
  for (const answer of [
    { decision: 'allow' },
    { decision: 'allow', reason: 'fine' },
    { decision: 'deny' },
    { decision: 'deny', reason: 'no' },
    { decision: 'deny', reason: 1 },
    { decision: 'Allow' },
    { decision: null },
    { decision: 'allow', more: 1 },
    {},
    [],
    null,
    'allow',
    1,
  ]) {
    const isValid = (await violations('hook-answer', answer)).length === 0;
    const parsed = parseAnswer(Buffer.from(JSON.stringify(answer)), false);
    t.equal(parsed.decision !== 'none', isValid, JSON.stringify(answer));
  }
});

t.test('every payload is valid by its schema', async (t) => {
  for (const [kind, act] of [
    ['before_invocation', succeed],
    ['after_invocation', succeed],
    ['after_invocation', failWith(3, 'x'.repeat(10_000))],
    ['on_error', failWith(3, 'no')],
  ] as const) {
    const project = await new Project(t).declare({ name: 'record', kind }).trust();
    await project.invoke(act, ['a', 'b'.repeat(100_000)]);
    const payload = project.read('payload.json');
    t.same(await violations('hook-payload', JSON.parse(payload)), [], kind);
    t.match(JSON.parse(payload), { argv_truncated: true });
    t.ok(payload.length < 100_000, 'bounded');
  }
});
