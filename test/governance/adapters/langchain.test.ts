import { tool } from '@langchain/core/tools';
import t from 'tap';
import { z } from 'zod';
import { governLangChainTool } from '../../../src/governance/index.js';
import { govern } from '../governed.js';

const governed = await govern('allow echo\nredact login mask /password\n');
t.teardown(() => governed.end());
const { interceptor } = governed;

t.test('a real LangChain tool is asked about, however it is invoked', async (t) => {
  const echo = governLangChainTool(
    interceptor,
    tool(({ text }: { text: string }) => text, {
      name: 'echo',
      description: '',
      schema: z.object({ text: z.string() }),
    }),
  );
  t.equal(await echo.invoke({ text: 'hi' }), 'hi');
  const answer: unknown = await echo.invoke({
    type: 'tool_call',
    id: '1',
    name: 'echo',
    args: { text: 'hi' },
  });
  t.match(answer, { content: 'hi', tool_call_id: '1' });

  const login = governLangChainTool(
    interceptor,
    tool(({ password }: { password: string }) => password, {
      name: 'login',
      description: '',
      schema: z.object({ password: z.string() }),
    }),
  );
  t.equal(await login.invoke({ password: 'hunter2' }), '[redacted]');
});

t.test('a denied one rejects and does not run', async (t) => {
  let wiped = false;
  const wipe = tool(
    () => {
      wiped = true;
      return 'gone';
    },
    { name: 'wipe', description: '', schema: z.object({}) },
  );
  governLangChainTool(interceptor, wipe);
  await t.rejects(wipe.invoke({}), { code: 'TOOL_DENIED' });
  t.notOk(wiped);
});

t.test('governing twice asks once', async (t) => {
  const once = tool(({ text }: { text: string }) => text, {
    name: 'echo',
    description: '',
    schema: z.object({ text: z.string() }),
  });
  governLangChainTool(interceptor, governLangChainTool(interceptor, once));
  const before = governed.records.length;
  await once.invoke({ text: 'x' });
  t.equal(governed.records.length, before + 1);
});

t.test('what is no LangChain tool is refused', (t) => {
  t.throws(() => governLangChainTool(interceptor, { name: 'x' }), { code: 'CONFIG_INVALID' });
  t.end();
});
