import t from 'tap';
import { selectProofs } from '../../src/proof/registry.js';
import type { RunRecord } from '../../src/proof/run-record.js';
import { aegis } from '../aegis.js';

/** Proves these scenarios on this machine through the shipped command, and demands that each was and has a control. */
export async function proveHere(names: readonly string[]): Promise<void> {
  t.setTimeout(235_000);
  const { exitCode, stdout, stderr } = await aegis(['prove', ...names, '--json'], { timeoutMs: 230_000 });
  t.equal(exitCode, 0, stderr.slice(-2000));
  const [machine] = (JSON.parse(stdout) as RunRecord).machines;
  for (const name of names) {
    const record = machine?.scenarios.find(({ proof, scenario }) => `${proof}/${scenario}` === name);
    const reasons = record?.points.filter(({ verdict }) => verdict !== 'proven').map(({ reason }) => reason);
    t.equal(record?.verdict, 'proven', `${name} ${reasons?.join('; ')}`);
  }
}

/** `PROOF/SCENARIO` names of a proof's scenarios that run on any machine. */
export async function scenariosOf(proof: string): Promise<readonly string[]> {
  const [selected] = await selectProofs([proof]);
  return (selected?.scenarios ?? [])
    .filter(({ addedByVm }) => !addedByVm)
    .map(({ name }) => `${proof}/${name}`);
}
