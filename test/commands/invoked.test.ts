import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { InvocationCommand } from '../../src/invocation-command.js';
import { codeRoot } from '../../src/paths.js';

/** Commands that only look or ask, that manage the hooks, or answer for a running authority; a machine of the lane is thrown away after use. */
const lookups = [
  'approvals/allow',
  'approvals/deny',
  'approvals/list',
  'doctor',
  'events',
  'hooks/check',
  'hooks/list',
  'hooks/trust',
  'hooks/untrust',
  'ledger/show',
  'status',
  'tools/check',
  'vm/prepare',
  'vm/run',
];

const folder = join(codeRoot, 'src', 'commands');
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length));

for (const name of names.sort())
  t.test(`${name} is invoked between the hooks, unless it is known only to look`, async (t) => {
    const module = (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as {
      default: { prototype: unknown };
    };
    t.equal(module.default.prototype instanceof InvocationCommand, !lookups.includes(name));
  });
