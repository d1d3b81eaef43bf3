import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { installationRequirements } from '../../src/witness/installation.js';

const program = (name: string) => ({ [`aegis-${name}`]: '' });
const built = {
  build: {
    bin: Object.assign(
      {},
      ...['agent', 'guest', 'probe', 'evade', 'ran', 'witness', 'feel'].map(program),
    ) as Record<string, string>,
    bpf: { 'aegis.bpf.o': '' },
  },
};

function tree(t: Test): string {
  const root = t.testdir(built);
  for (const name of Object.keys(built.build.bin)) chmodSync(join(root, 'build/bin', name), 0o755);
  return root;
}

t.test('a complete build is complete', async (t) => {
  const requirements = await installationRequirements(tree(t), '20.0.0');
  t.same(
    requirements.filter(({ met }) => !met),
    [],
  );
  t.equal(requirements.length, 9);
});

t.test('what is missing or cannot run is named, with the way out', async (t) => {
  const root = tree(t);
  chmodSync(join(root, 'build/bin/aegis-agent'), 0o644);
  const unmet = (await installationRequirements(root, '20.0.0')).filter(({ met }) => !met);
  t.match(unmet, [{ name: 'agent', reason: /aegis-agent is not there/, wayOut: 'Run `npm run setup`.' }]);
  t.equal((await installationRequirements(t.testdir({}), '20.0.0')).filter(({ met }) => met).length, 1);
});

t.test('an old Node is named', async (t) => {
  const [node] = await installationRequirements(tree(t), '18.20.4');
  t.match(node, { name: 'Node', met: false, reason: /Node 18\.20\.4/ });
});
