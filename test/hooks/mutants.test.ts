import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { plainNode } from '../plain-node.js';
import { codeRoot, packageRoot } from '../../src/paths.js';

const [env, ...node] = plainNode;

/** One defect put in on purpose, and the tests that have to notice it. */
interface Mutant {
  readonly what: string;
  /** Below src/hooks. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly test: string;
  /** Which tests of that file are run. */
  readonly only: RegExp;
}

const mutants: readonly Mutant[] = [
  {
    what: 'the guard lets every hook pass',
    file: 'guard.js',
    from: 'if (!isObservability(spec.kind) || isFailOpen(spec.failurePolicy))',
    to: 'if (true)',
    test: 'guard',
    only: /a forged on_error hook|a forged after_invocation hook/,
  },
  {
    what: 'the dispatcher does not heed the guard',
    file: 'dispatcher.js',
    from: 'if (rule) {',
    to: 'if (false) {',
    test: 'guard',
    only: /a forged on_error hook|a forged after_invocation hook/,
  },
  {
    what: 'an unknown policy counts as open',
    file: 'spec.js',
    from: "return policy === 'fail_open';",
    to: "return policy !== 'fail_closed';",
    test: 'guard',
    only: /a forged on_error hook|unknown policy/,
  },
  {
    what: 'only the leader is signalled, not its group',
    file: 'process-group.js',
    from: 'process.kill(-leader, signal)',
    to: 'process.kill(leader, signal)',
    test: 'process',
    only: /whole group|leaves behind/,
  },
  {
    what: 'SIGTERM is not followed by SIGKILL',
    file: 'process.js',
    from: "signalGroup(pid, 'SIGKILL')",
    to: 'undefined',
    test: 'process',
    only: /whole group/,
  },
  {
    what: 'what a hook leaves behind lives on',
    file: 'process.js',
    from: 'endGroup(pid);',
    to: 'forgetGroup(pid);',
    test: 'process',
    only: /leaves behind/,
  },
  {
    what: 'the digest of the executable is not compared again',
    file: 'hook-entry.js',
    from: 'if (entrypoint.sha256 !== sha256)',
    to: 'if (false)',
    test: 'trust',
    only: /changed after trust is not started|changed by an earlier/,
  },
  {
    what: 'the digest of the manifest is not compared again',
    file: 'hook-entry.js',
    from: 'if (now !== sha256)',
    to: 'if (false)',
    test: 'trust',
    only: /manifest changed by an earlier hook/,
  },
  {
    what: 'a failing ledger gets out',
    file: 'invocation-log.js',
    from: 'this.sink?.append({ ...head, ...rest });\n        }\n        catch (error) {\n            this.problem(error);',
    to: 'this.sink?.append({ ...head, ...rest });\n        }\n        catch (error) {\n            throw error;',
    test: 'ledger',
    only: /fails at any event|a veto stands/,
  },
  {
    what: 'an invocation can end twice',
    file: 'invocation-log.js',
    from: 'if (this.ended)\n            return this.ended;',
    to: '',
    test: 'ledger',
    only: /ends once/,
  },
  {
    what: 'a torn line is not closed first',
    file: 'ledger.js',
    from: "this.endsTorn() ? '\\n' : ''",
    to: "''",
    test: 'ledger',
    only: /torn last line/,
  },
  {
    what: 'a closed hook that fails does not block',
    file: 'dispatcher.js',
    from: 'const closed = ',
    to: 'const closed = false && ',
    test: 'dispatch',
    only: /^closed and fail/,
  },
  {
    what: 'silence is consent',
    file: 'answer.js',
    from: 'return none(\'it wrote no answer; {"decision":"allow"} lets the command run\');',
    to: "return { decision: 'allow' };",
    test: 'dispatch',
    only: /^closed and silent/,
  },
  {
    what: 'only what is kept is hashed',
    file: 'capture.js',
    from: 'this.hash.update(chunk);',
    to: 'if (this.keptBytes < this.limit) this.hash.update(chunk);',
    test: 'dispatch',
    only: /hashed whole/,
  },
  {
    what: 'the whole environment is passed on',
    file: 'dispatcher.js',
    from: 'env: passedOn(spec.env, context.env)',
    to: 'env: context.env',
    test: 'dispatch',
    only: /nothing else/,
  },
  {
    what: 'executables may lie anywhere',
    file: 'entrypoint.js',
    from: 'if (!path.startsWith(',
    to: 'if (false && !path.startsWith(',
    test: 'manifest',
    only: /out of the project/,
  },
  {
    what: 'a secret given to a flag is left in later texts',
    file: 'redaction.js',
    from: 'clean = clean.replaceAll(secret, mark);',
    to: ';',
    test: 'redaction',
    only: /later texts/,
  },
];

/** A copy of the compiled hooks and their tests that can be broken. */
function copy(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'aegis-mutant-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const shared = readdirSync(join(codeRoot, 'src')).filter((name) => name.endsWith('.js'));
  const parts = ['src/hooks', ...shared.map((name) => `src/${name}`), 'test/plain-node.js', 'test/hooks'];
  for (const part of parts) cpSync(join(codeRoot, part), join(root, 'dist', part), { recursive: true });
  mkdirSync(join(root, 'test', 'hooks'), { recursive: true });
  cpSync(join(packageRoot, 'test', 'hooks', 'fixtures'), join(root, 'test', 'hooks', 'fixtures'), {
    recursive: true,
  });
  mkdirSync(join(root, 'tmp'));
  for (const part of ['node_modules', 'schemas']) symlinkSync(join(packageRoot, part), join(root, part));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  return root;
}

/** Runs some tests of one file of a copy. */
async function runTests(root: string, { test, only }: Pick<Mutant, 'test' | 'only'>) {
  const child = spawn(env, [...node, join(root, 'dist', 'test', 'hooks', `${test}.test.js`)], {
    cwd: root,
    // Its projects lie in the copy, so that what a broken supervisor leaves behind is found again.
    env: { ...process.env, TMPDIR: join(root, 'tmp'), TAP_GREP: String(only), TAP_TIMEOUT: '20', TAP: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  for (const pid of processesBelow(join(root, 'tmp'))) process.kill(pid, 'SIGKILL');
  const ran = output.split('\n').filter((line) => /^(not )?ok /.test(line) && !line.includes('# SKIP'));
  return { code, ran, failed: ran.filter((line) => line.startsWith('not ok')) };
}

/** The processes whose working directory is below a folder. */
function processesBelow(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
      } catch {
        // It is gone, or not ours.
        return false;
      }
    })
    .map(Number);
}

t.jobs = 2;
const sound = new Map<string, ReturnType<typeof runTests>>();

for (const mutant of mutants)
  t.test(`caught: ${mutant.what}`, { timeout: 120_000 }, async (t) => {
    const key = `${mutant.test} ${String(mutant.only)}`;
    if (!sound.has(key)) sound.set(key, runTests(copy(t), mutant));
    const baseline = await sound.get(key);
    t.equal(baseline?.code, 0, 'the same tests pass without the defect');
    t.ok(baseline && baseline.ran.length > 0, 'and were really run');

    const root = copy(t);
    const path = join(root, 'dist', 'src', 'hooks', mutant.file);
    const code = readFileSync(path, 'utf8');
    t.equal(code.split(mutant.from).length, 2, 'the place to break is there, once');
    writeFileSync(
      path,
      code.replace(mutant.from, () => mutant.to),
    );
    const { failed } = await runTests(root, mutant);
    t.ok(failed.length > 0, `noticed by: ${failed[0] ?? 'nobody'}`);
  });
