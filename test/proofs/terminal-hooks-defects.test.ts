import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { codeRoot, packageRoot } from '../../src/paths.js';
import { run } from '../../src/sandbox/run.js';
import { plainNode } from '../plain-node.js';

t.setTimeout(230_000);
const state = mkdtempSync(join(tmpdir(), 'aegis-test-'));
t.teardown(() => rm(state, { recursive: true, force: true }));
// The proof is itself a command that is invoked, and stands in a ledger.
const env = { AEGIS_LEDGER: join(state, 'ledger.jsonl') };

/** Defects of the firewall, and the point of the proof that has to name each. */
const defects = [
  {
    what: 'the guard lets every hook pass',
    file: 'guard.js',
    from: 'if (!isObservability(spec.kind) || isFailOpen(spec.failurePolicy))',
    to: 'if (true)',
    scenario: 'forged-after-invocation',
    point: 'the after_invocation hook, forged as "fail_closed", never starts and changes nothing',
  },
  {
    what: 'a failing hook masks how the invocation ended',
    file: 'dispatcher.js',
    from: 'const closed = !isObservability(entry.spec.kind) && ',
    to: 'if (isObservability(entry.spec.kind)) process.exit(3);\n    const closed = ',
    scenario: 'endings',
    point: 'an on_error hook that fails itself (fail) changes nothing',
  },
  {
    what: 'what was changed is started all the same',
    file: 'hook-entry.js',
    from: 'if (entrypoint.sha256 !== sha256)',
    to: 'if (false)',
    scenario: 'changed-after-trust',
    point: 'a hook changed by an earlier hook is not started',
  },
  {
    what: 'only the leader of a group is killed',
    file: 'process-group.js',
    from: 'process.kill(-leader, signal)',
    to: 'process.kill(leader, signal)',
    scenario: 'process-groups',
    point: 'a hook that takes too long is killed with its children',
  },
  {
    what: 'a failing ledger gets out',
    file: 'invocation.js',
    from: 'if (request.requireLedger)\n            throw error;',
    to: 'throw error;',
    scenario: 'ledger',
    point: 'the ledger cannot be written: the act and its exit code are not affected',
  },
] as const;

/** A copy of the compiled program that can be broken; it runs its own code, children included. */
function copy(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'aegis-defect-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const part of ['src', 'proofs'])
    cpSync(join(codeRoot, part), join(root, 'dist', part), { recursive: true });
  for (const part of ['bin', 'package.json'])
    cpSync(join(packageRoot, part), join(root, part), { recursive: true });
  for (const part of ['node_modules', 'schemas']) symlinkSync(join(packageRoot, part), join(root, part));
  symlinkSync('dist', join(root, 'lib'));
  return root;
}

for (const { what, file, from, to, scenario, point } of defects)
  t.test(`the proof catches it: ${what}`, async (t) => {
    const root = copy(t);
    const path = join(root, 'dist', 'src', 'hooks', file);
    const code = readFileSync(path, 'utf8');
    t.equal(code.split(from).length, 2, 'the place to break is there, once');
    writeFileSync(
      path,
      code.replace(from, () => to),
    );
    const argv = ['prove', `terminal-hooks/${scenario}`, '--tap'];
    const { exitCode, stdout, stderr } = await run([...plainNode, join(root, 'bin', 'run.js'), ...argv], {
      timeoutMs: 120_000,
      env,
    });
    t.equal(exitCode, 1, stderr);
    const failed = stdout.split('\n').filter((line) => /^ {4}not ok /.test(line));
    t.match(failed, [new RegExp(`- ${point.replace(/[()]/g, '\\$&')}`)]);
  });
