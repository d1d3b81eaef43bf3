import t from 'tap';
import { runTool } from '../../src/vm/tool.js';

const { signal } = new AbortController();

t.test('what a tool prints and reads', async (t) => {
  const lines: string[] = [];
  const output = await runTool('copy', ['sh', '-c', 'cat; echo one >&2; echo two >&2'], {
    signal,
    input: 'in\n',
    onLine: (line) => lines.push(line),
  });
  t.equal(output.toString(), 'in\n');
  t.same(lines, ['one', 'two']);
  t.equal((await runTool('read nothing', ['cat'], { signal })).length, 0, 'a terminal is not read');
  t.equal((await runTool('see', ['sh', '-c', 'echo $LC_ALL'], { signal })).toString(), 'C\n');
  t.same(
    await runTool('print', ['printf', '%s', '$(id) `id`'], { signal }),
    Buffer.from('$(id) `id`'),
    'no shell',
  );
});

t.test('how a tool fails', async (t) => {
  await t.rejects(runTool('try', ['no-such-tool-at-all'], { signal }), {
    code: 'TOOL_MISSING',
    message: 'cannot try: no-such-tool-at-all is not installed',
  });
  await t.rejects(
    runTool('fetch', ['sh', '-c', 'echo why >&2; exit 3'], { signal, code: 'FETCH_FAILED', wayOut: 'Go.' }),
    {
      code: 'FETCH_FAILED',
      message: 'cannot fetch: sh ended with 3',
      detail: 'why',
      wayOut: 'Go.',
    },
  );
  await t.rejects(
    runTool('write', ['sh', '-c', 'echo "x: No space left on device" >&2; exit 1'], { signal }),
    {
      code: 'DISK_FULL',
    },
  );
  await t.rejects(runTool('die', ['sh', '-c', 'kill -9 $$'], { signal }), {
    message: /was killed by SIGKILL/,
  });
});

t.test('a tool is ended with the run', async (t) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const started = Date.now();
  await t.rejects(runTool('sleep', ['sleep', '60'], { signal: controller.signal }), { code: 'INTERRUPTED' });
  t.ok(Date.now() - started < 10_000);
  await t.rejects(runTool('sleep', ['sleep', '60'], { signal: controller.signal }), { code: 'INTERRUPTED' });
});
