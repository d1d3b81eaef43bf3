import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '../src/paths.js';
import { run } from '../src/sandbox/run.js';

// What a user installs: the packed files and nothing of the checkout they came from.
const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
t.teardown(() => rm(folder, { recursive: true }));
const packed = join(folder, 'package');
const prebuilt = join('prebuilds', `linux-${process.arch}`, 'aegis-cli.glibc.node');

/** The state of a governance that finds no runtime, told by a process of its own. */
async function stateOf(): Promise<string> {
  const program = `
    const { createGovernance } = await import(${JSON.stringify(pathToFileURL(join(packed, 'lib/src/governance/index.js')).href)});
    const governance = await createGovernance({ agent: { id: 'a', name: 'a' }, socketPath: '/nonexistent/r.sock', onWarning: () => {} });
    console.log(governance.state());
    await governance.close();`;
  const { stdout, stderr } = await run([process.execPath, '--input-type=module', '-e', program], {
    timeoutMs: 20_000,
  });
  return stdout.trim() || stderr;
}

t.test('npm pack', async (t) => {
  const made = await run(
    ['npm', 'pack', packageRoot, '--ignore-scripts', '--json', '--pack-destination', folder],
    {
      timeoutMs: 60_000,
    },
  );
  t.equal(made.exitCode, 0, made.stderr);
  const [{ filename, files } = { filename: '', files: [] }] = JSON.parse(made.stdout) as {
    filename: string;
    files: { path: string }[];
  }[];
  const paths = files.map(({ path }) => path);
  for (const needed of [prebuilt, 'build/bin/aegis-agent', 'build/bin/aegis-runtime', 'bin/run.js'])
    t.ok(paths.includes(needed), needed);
  t.notOk(
    paths.some((path) => path.startsWith('build/Release')),
    'the extension once only',
  );
  const unpacked = await run(['tar', '-xzf', join(folder, filename), '-C', folder]);
  t.equal(unpacked.exitCode, 0, unpacked.stderr);
});

t.test('the prebuilt extension is found and loads', async (t) => {
  t.equal(await stateOf(), 'runtime_unreachable');
});

t.test('without it the state is its own', async (t) => {
  await rm(join(packed, prebuilt));
  t.equal(await stateOf(), 'native_missing');
});
