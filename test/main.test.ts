import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../src/paths.js';

const bytes = 3_000_000;

/** A command line of one command, which prints more than any pipe holds and then asks for an exit code. */
function commandLine(): string {
  const root = t.testdir();
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({
      name: 'p',
      version: '1.0.0',
      type: 'module',
      oclif: { bin: 'p', commands: './commands' },
    }),
  );
  mkdirSync(join(root, 'commands'));
  writeFileSync(
    join(root, 'commands', 'much.js'),
    `import { Command } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'node_modules/@oclif/core/lib/index.js')).href)};
     export default class Much extends Command {
       async run() { this.parse(Much); process.stdout.write('x'.repeat(${bytes})); this.exit(3); }
     }`,
  );
  writeFileSync(
    join(root, 'run.js'),
    `import { main } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist/src/main.js')).href)};
     await main(import.meta.url);`,
  );
  return join(root, 'run.js');
}

t.test('a slow reader still gets everything that a command printed before it ended', async (t) => {
  const child = spawn(process.execPath, [commandLine(), 'much'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let taken = 0;
  for await (const piece of child.stdout) {
    taken += (piece as Buffer).length;
    // The writer must find the pipe full.
    if (taken < 300_000) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.equal(taken, bytes);
  t.equal(await ended, 3);
});

t.test('a reader that has gone does not keep the command from ending', async (t) => {
  const child = spawn(process.execPath, [commandLine(), 'much'], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('exit', resolve));
  t.equal(code, 3);
});
