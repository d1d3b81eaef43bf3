import t from 'tap';
import { governFunction } from '../../../src/governance/index.js';
import { govern } from '../governed.js';

const governed = await govern('allow add\nredact login mask /password\n');
t.teardown(() => governed.end());
const { interceptor } = governed;

t.test('an allowed function gets its input and whatever else it is called with', async (t) => {
  const add = governFunction(
    interceptor,
    'add',
    ({ a, b }: { a: number; b: number }, scale: number) => (a + b) * scale,
  );
  t.equal(await add({ a: 1, b: 2 }, 10), 30);
});

t.test('a denied one does not run', async (t) => {
  let ran = false;
  const wipe = governFunction(interceptor, 'wipe', async (_: object) => {
    ran = true;
    await Promise.resolve();
  });
  await t.rejects(wipe({}), { code: 'TOOL_DENIED' });
  t.notOk(ran);
});

t.test('a redacted one never sees the secret', async (t) => {
  const login = governFunction(interceptor, 'login', (input: { password: string }) => input.password);
  t.equal(await login({ password: 'hunter2' }), '[redacted]');
});
