import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import { run } from '../../src/sandbox/run.js';
import { plainNode } from '../plain-node.js';

t.setTimeout(230_000);
const state = mkdtempSync(join(tmpdir(), 'aegis-test-'));
t.teardown(() => rm(state, { recursive: true, force: true }));
// The proof is itself a command that is invoked, and stands in a ledger.
const env = { AEGIS_LEDGER: join(state, 'ledger.jsonl') };

t.test('the proof ends 0 on this machine, every scenario with its control', async (t) => {
  const { exitCode, stdout } = await run(
    [...plainNode, join(packageRoot, 'bin', 'run.js'), 'prove', 'terminal-hooks', '--json'],
    { timeoutMs: 200_000, env },
  );
  t.equal(exitCode, 0);
  const record = JSON.parse(stdout) as RunRecord;
  const scenarios = record.machines.flatMap((machine) => machine.scenarios);
  t.ok(scenarios.length >= 8);
  for (const { scenario, verdict, points } of scenarios) {
    t.equal(verdict, 'proven', scenario);
    t.ok(points[0]?.name.startsWith('control: '), `${scenario} has a control`);
    t.notSame(points[1]?.observed, {}, 'and tells what it saw');
  }
});
