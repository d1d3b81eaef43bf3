import { access, chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { nativeBin, packageRoot } from '../../src/paths.js';
import { run } from '../../src/sandbox/run.js';

// The README's console session with a stock client, run as it is written there but for the place of the socket.
const folder = await mkdtemp(join(tmpdir(), 'aegis-readme-'));
t.teardown(() => rm(folder, { recursive: true }));
const socket = join(folder, 'aegis.sock');

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The console blocks of a Markdown text that hold a word, as commands with what they print. */
function sessions(text: string, word: string): readonly (readonly Step[])[] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
    .map(([, block = '']) => block)
    .filter((block) => block.includes(word))
    .map((block) =>
      block
        .split(/^\$ /m)
        .slice(1)
        .map((step) => {
          const [command = '', ...output] = step.trimEnd().split('\n');
          return { command, output: output.join('\n') };
        }),
    );
}

async function appears(path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${path} does not appear`);
}

const programs = join(folder, 'bin');
await mkdir(programs);
await writeFile(
  join(programs, 'aegis'),
  `#!/bin/sh\nexec '${process.execPath}' '${join(packageRoot, 'bin', 'run.js')}' "$@"\n`,
);
await chmod(join(programs, 'aegis'), 0o755);
// A checkout may be writable for a group, and then no policy in it is trusted.
await cp(join(packageRoot, 'examples'), join(folder, 'examples'), { recursive: true });
await chmod(join(folder, 'examples', 'mcp-server', 'policy.conf'), 0o644);
const env = {
  ...process.env,
  AEGIS_LEDGER: join(folder, 'ledger.jsonl'),
  PATH: [programs, nativeBin, process.env['PATH']].join(delimiter),
};

t.test('the session with a stock client', async (t) => {
  const [session = [], ...others] = sessions(
    await readFile(join(packageRoot, 'README.md'), 'utf8'),
    'ask.sh',
  );
  t.ok(session.length >= 3 && others.length === 0, 'the README has one session with the stock client');

  for (const { command, output } of session) {
    const here = `cd '${folder}' && ${command.replaceAll('/run/aegis.sock', socket)}`;
    if (here.endsWith('&')) {
      const child = spawn('sh', ['-c', here.replace(/ *&$/, '').replace('&& ', '&& exec ')], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      t.teardown(async () => {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      });
      await appears(socket);
      continue;
    }
    const { stdout, stderr } = await run(['sh', '-c', here], { env, timeoutMs: 60_000 });
    t.equal(stdout.trimEnd(), output, command, { stderr });
  }
});
