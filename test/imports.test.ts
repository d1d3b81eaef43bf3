import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const rooms = ['bin', 'src', 'proofs', 'test', 'setup'];
const config = '.dependency-cruiser.cjs';

interface Report {
  summary: { violations: { rule: { name: string }; from: string }[]; totalCruised: number };
}

/** Runs dependency-cruiser as `npm run lint` does, in another folder if asked. */
function cruise(cwd: string): Report['summary'] {
  const cruiser = join(checkout, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const present = rooms.filter((room) => existsSync(join(cwd, room)));
  const args = [cruiser, '--config', config, '--output-type', 'json', ...present];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  try {
    return (JSON.parse(stdout) as Report).summary;
  } catch (cause) {
    throw new Error(`dependency-cruiser told nothing: ${stderr}`, { cause });
  }
}

t.test('the tree keeps the import directions', (t) => {
  const { violations, totalCruised } = cruise(checkout);
  t.ok(totalCruised > 50, `${totalCruised} modules were looked at`);
  t.same(
    violations.map(({ rule, from }) => `${rule.name}: ${from}`),
    [],
  );
  t.end();
});

/** For each rule a file that breaks it, and what that file needs. */
const broken: Readonly<Record<string, readonly [from: string, text: string]>> = {
  'no-cycles': ['src/vm/cycle.ts', "import './cycle.js';"],
  'downward-only-proof': ['src/proof/a.ts', "import '../commands/b.js';"],
  'downward-only-agent': ['src/agent/a.ts', "import '../proof/b.js';"],
  'downward-only-posture': ['src/posture/a.ts', "import '../agent/b.js';"],
  'downward-only-native': ['src/native.ts', "import './posture/b.js';"],
  'downward-only-errors': ['src/errors.ts', "import './vm/b.js';"],
  'side-rooms-do-not-mix': ['src/sandbox/a.ts', "import '../vm/b.js';"],
  'only-commands-know-oclif': ['src/evidence/a.ts', "import '@oclif/core';"],
  'only-ui-knows-chalk': ['src/hooks/a.ts', "import 'chalk';"],
  'proofs-use-the-kit-only': ['proofs/a.ts', "import '../src/vm/b.js';"],
  'product-does-not-import-tests': ['src/governance/a.ts', "import '../../test/b.js';"],
  resolvable: ['src/matrix/a.ts', "import './not-there.js';"],
};
const imported = ['commands', 'proof', 'agent', 'posture', 'vm'].map((room) => `src/${room}/b.ts`);

t.test('each rule is noticed when broken', (t) => {
  const tree = t.testdir({});
  for (const name of [config, 'tsconfig.json', 'package.json'])
    cpSync(join(checkout, name), join(tree, name));
  symlinkSync(join(checkout, 'node_modules'), join(tree, 'node_modules'));
  const files = [...Object.values(broken), ...[...imported, 'test/b.ts'].map((path) => [path, ''] as const)];
  for (const [path, text] of files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\nexport {};\n`);
  }
  const { violations } = cruise(tree);
  for (const [rule, [from]] of Object.entries(broken))
    t.ok(
      violations.some((violation) => violation.rule.name === rule && violation.from === from),
      rule,
    );
  t.end();
});

t.test('no rule is left out above', (t) => {
  const { forbidden } = createRequire(import.meta.url)(join(checkout, config)) as {
    forbidden: { name: string }[];
  };
  t.same(new Set(forbidden.map(({ name }) => name)), new Set(Object.keys(broken)));
  t.end();
});
