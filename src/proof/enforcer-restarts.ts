import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox } from '../sandbox/sandbox.js';
import { AgentUnderTest } from './agent-under-test.js';
import { DeniedRead } from './denied-read.js';
import { rungs, type Rung } from './enforcer-rungs.js';
import { Disproof, type Bench, type Observation, type Scenario } from './kit.js';
import { enforcementRequirements } from './requirements.js';

/** One that refuses and one that kills: the programs are pinned and adopted in the same way on each of a kind. */
const restarted = rungs.filter(({ name }) => name === 'lsm' || name === 'fentry');

/** Reads on and on, one process a try, until a file appears; every secret that comes out is on its output. */
const reader = 'while [ ! -e "$2" ]; do cat "$1" 2>/dev/null; n=$((n+1)); done; echo "tries $n"';

/** The restart gap is zero: whoever reads all the time never gets the file while the daemon goes and comes back. */
export function enforcerRestartScenarios(): readonly Scenario[] {
  return restarted.map((rung) => ({
    name: `enforcer-restarted-${rung.name}`,
    claim: `On the ${rung.name} rung no read succeeds while the daemon is killed, stopped, started and given its policy anew.`,
    boot: { bpfLsm: rung.bpfLsm },
    addedByVm: true,
    requirements: () => enforcementRequirements(rung.bpfLsm ? 'bpf' : 'no-bpf'),
    run: (bench) => restartUnderFire(bench, rung),
  }));
}

async function restartUnderFire(bench: Bench, rung: Rung): Promise<void> {
  const sandbox = await Sandbox.create();
  bench.onCleanUp('remove the sandbox', () => sandbox.remove());
  const read = await DeniedRead.prepare(bench, sandbox);
  const agent = await AgentUnderTest.prepare(bench, sandbox, {
    policy: `version=1\n[deny_path]\n${read.secretPath}\n`,
    flags: rung.flags,
    isKilled: true,
  });
  const loop = new ReadingLoop(bench, sandbox, read.secretPath);
  await bench.point('control: without the daemon the loop reads the secret', async () => {
    const seen = await loop.during(async () => await read.succeeds('inside'));
    if (seen.secrets === 0) throw new Error('the loop read nothing although nothing forbids it');
    return seen;
  });
  await bench.point('the policy is applied', () => agent.applyPolicy());
  await bench.point('the daemon becomes ready', () => agent.start());
  await bench.point('act: no read of the loop succeeds across the restarts', async () => {
    const seen = await loop.during(async () => {
      await agent.kill();
      await agent.start();
      await agent.stop();
      await agent.start();
      await agent.applyPolicy();
      await agent.kill();
      await agent.start();
    });
    if (seen.secrets > 0) throw new Disproof('the secret came out', seen);
    if (seen.tries < 10) throw new Error(`the loop came to ${seen.tries} reads only`);
    return seen;
  });
  await bench.point('bystander: outside the scope the secret is read', () => read.succeeds('outside'));
  await bench.point('after: the daemon stops as asked', () => agent.stop());
  await bench.point('after: what it left can be taken down', () => agent.detach());
  await bench.point('after: the secret is read again', () => read.succeeds('inside'));
}

class ReadingLoop {
  private readonly stopFile: string;

  constructor(
    private readonly bench: Bench,
    private readonly sandbox: Sandbox,
    private readonly path: string,
  ) {
    this.stopFile = join(sandbox.folder, 'stop');
  }

  /** Lets the loop read in the scope while something else is done; tells how often it tried and what came out. */
  async during(act: () => Promise<unknown>): Promise<Observation & { tries: number; secrets: number }> {
    await rm(this.stopFile, { force: true });
    const argv = ['sh', '-c', reader, 'reader', this.path, this.stopFile];
    const loop = this.sandbox.run('inside', argv, { timeoutMs: 20 * this.bench.stepTimeoutMs });
    try {
      await act();
    } finally {
      await writeFile(this.stopFile, '');
    }
    const { stdout } = await loop;
    const [, tries] = /^tries (\d+)$/m.exec(stdout) ?? [];
    if (tries === undefined) throw new Error('the loop did not come to its end');
    return { tries: Number(tries), secrets: stdout.match(/secret-/g)?.length ?? 0 };
  }
}
