import { generateText, tool, type ToolSet } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import t from 'tap';
import { z } from 'zod';
import { governAiTools } from '../../../src/governance/index.js';
import { govern } from '../governed.js';

const governed = await govern('allow echo\nallow steps\nredact login mask /password\n');
t.teardown(() => governed.end());

/** A model that calls one tool; the SDK itself is the real one. */
function calling(toolName: string, input: object): MockLanguageModelV3 {
  return new MockLanguageModelV3({
    doGenerate: () =>
      Promise.resolve({
        content: [{ type: 'tool-call', toolCallId: 'c1', toolName, input: JSON.stringify(input) }],
        finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
        usage: {
          inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 1, text: 1, reasoning: 0 },
        },
        warnings: [],
      }),
  });
}

async function call(tools: ToolSet, name: string, input: object): Promise<Record<string, unknown>> {
  const { content } = await generateText({ model: calling(name, input), tools, prompt: 'go' });
  return content.at(-1) as unknown as Record<string, unknown>;
}

t.test('the SDK runs governed tools only as far as they are allowed', async (t) => {
  let wiped = false;
  const tools = governAiTools(governed.interceptor, {
    echo: tool({ inputSchema: z.object({ text: z.string() }), execute: ({ text }) => text }),
    login: tool({ inputSchema: z.object({ password: z.string() }), execute: ({ password }) => password }),
    steps: tool({
      inputSchema: z.object({}),
      execute: async function* () {
        yield 'half';
        await Promise.resolve();
        yield 'whole';
      },
    }),
    wipe: tool({
      inputSchema: z.object({}),
      execute: () => {
        wiped = true;
        return 'gone';
      },
    }),
  });
  t.match(await call(tools, 'echo', { text: 'hi' }), { type: 'tool-result', output: 'hi' });
  t.match(await call(tools, 'login', { password: 'hunter2' }), { type: 'tool-result', output: '[redacted]' });
  t.match(await call(tools, 'steps', {}), { type: 'tool-result', output: 'whole' });
  t.match(await call(tools, 'wipe', {}), { type: 'tool-error', error: { code: 'TOOL_DENIED' } });
  t.notOk(wiped);
});

t.test('a tool that somebody else runs stays as it is', (t) => {
  const remote = tool({ inputSchema: z.object({}) });
  t.equal(governAiTools(governed.interceptor, { remote }).remote, remote);
  t.end();
});
