import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { chooseAccel, distrustKvm } from '../../src/vm/accel.js';
import { cacheRoot } from '../../src/vm/cache.js';
import { prepareKernel } from '../../src/vm/kernel.js';

t.setTimeout(300_000);

const { signal } = new AbortController();
const options = { signal, onProgress: () => undefined };
await prepareKernel('6.12', options);
const home = mkdtempSync(join(tmpdir(), 'aegis-accel-'));
t.teardown(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(join(home, 'aegis', 'vm'), { recursive: true });
execFileSync('cp', ['-a', join(cacheRoot(), 'kernels'), join(home, 'aegis', 'vm')]);
t.intercept(process, 'env', { value: { ...process.env, XDG_CACHE_HOME: home } });
const kernel = await prepareKernel('6.12', options);
const file = join(cacheRoot(), 'accel.json');

t.test('KVM is believed only after a boot, and the verdict is kept for this boot of the host', async (t) => {
  const hasKvm = canUseKvm();
  const accel = await chooseAccel(kernel, '10.0.2', signal);
  t.ok(accel === 'tcg' || hasKvm, `without /dev/kvm it is TCG (${accel})`);
  if (!hasKvm) return;
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  t.same(JSON.parse(readFileSync(file, 'utf8')), { [`${bootId} 10.0.2 ${kernel.digest}`]: accel });

  const { ino } = statSync(file);
  t.equal(await chooseAccel(kernel, '10.0.2', signal), accel);
  t.equal(statSync(file).ino, ino, 'there is no second trial');
});

t.test(
  'a verdict that is kept is obeyed, and can be taken back',
  { skip: canUseKvm() ? false : '/dev/kvm cannot be opened here' },
  async (t) => {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const key = `${bootId} 10.0.2 ${kernel.digest}`;
    writeFileSync(file, JSON.stringify({ [key]: 'kvm', 'another-boot 10.0.2 x': 'kvm' }));
    t.equal(await chooseAccel(kernel, '10.0.2', signal), 'kvm');
    await distrustKvm(signal);
    t.equal(await chooseAccel(kernel, '10.0.2', signal), 'tcg');
    writeFileSync(file, '{ torn');
    const anew = await chooseAccel(kernel, '10.0.2', signal);
    t.match(anew, /^(kvm|tcg)$/);
    t.equal(
      (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>)[key],
      anew,
      'a torn file is written anew',
    );
  },
);

function canUseKvm(): boolean {
  try {
    execFileSync('test', ['-w', '/dev/kvm']);
    return true;
  } catch {
    return false;
  }
}
