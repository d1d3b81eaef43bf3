import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGovernance, type Governance, type GovernanceRecord } from '../../src/governance/index.js';
import { RuntimeProcess } from '../../src/proof/governance/runtime-process.js';

export interface Governed extends Governance {
  readonly records: readonly GovernanceRecord[];
  end(): Promise<void>;
}

/** A real runtime with these rules, and an enforcing agent registered with it. */
export async function govern(rules: string): Promise<Governed> {
  const folder = await mkdtemp(join(tmpdir(), 'aegis-test-'));
  const socketPath = join(folder, 'runtime.sock');
  const policy = join(folder, 'policy');
  await writeFile(policy, `version=6\n[tool]\ndefault deny\n${rules}`, { mode: 0o600 });
  const runtime = await RuntimeProcess.start(socketPath, ['--policy', policy]);
  const records: GovernanceRecord[] = [];
  const governance = await createGovernance({
    enforcementMode: 'enforce',
    agent: { id: 'test', name: 'test' },
    socketPath,
    onRecord: (record) => records.push(record),
    onWarning: () => undefined,
  });
  return {
    ...governance,
    records,
    end: async () => {
      await governance.close();
      await runtime.end('SIGTERM');
      await rm(folder, { recursive: true });
    },
  };
}
