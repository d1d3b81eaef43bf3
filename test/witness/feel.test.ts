import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nativeBin } from '../../src/paths.js';
import { feelLoads, mechanisms } from '../../src/witness/feel.js';

t.test('each kind of program loads or is refused with the reason', async (t) => {
  const felt = await feelLoads();
  for (const mechanism of mechanisms) {
    const reason = felt[mechanism];
    t.ok(reason === undefined || /^E[A-Z0-9]+, ./.test(reason), `${mechanism}: ${reason ?? 'loads'}`);
  }
});

const isRoot = process.getuid?.() === 0;
t.test(
  'without privileges the kernel refuses every kind',
  { skip: !isRoot && 'needs root to drop it' },
  (t) => {
    // A copy, since the checkout may lie where nobody else may go.
    const folder = mkdtempSync(join(tmpdir(), 'aegis-feel-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    cpSync(join(nativeBin, 'aegis-feel'), join(folder, 'aegis-feel'));
    const { stdout, status } = spawnSync(join(folder, 'aegis-feel'), {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    });
    t.equal(status, 0);
    const eperm = 1;
    t.same(JSON.parse(stdout), { lsm: eperm, fmod_ret: eperm, fentry: eperm, tracepoint: eperm });
    t.end();
  },
);
