import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { aegis } from '../aegis.js';
import { sampleReport } from '../posture/sample-report.js';

/** Runs `aegis status` over a report with this text; without one there is no file. */
async function status(t: Test, text: string | undefined, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'aegis-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'capabilities.json');
  if (text !== undefined) writeFileSync(path, text);
  return { ...(await aegis(['status', ...args], { env: { AEGIS_CAPABILITIES_REPORT_PATH: path } })), path };
}
const json = (change: Readonly<Record<string, unknown>> = {}) => JSON.stringify(sampleReport(change));

t.test('an agent that enforces: 0, for people and as JSON', async (t) => {
  const human = await status(t, json());
  t.equal(human.exitCode, 0, human.stderr);
  t.match(human.stdout, 'default: enforcing: ENFORCE');
  t.match(human.stdout, /mechanism +lsm/);
  const machine = await status(t, json(), '--json');
  t.equal(machine.exitCode, 0);
  t.match(JSON.parse(machine.stdout), {
    instance: 'default',
    report: { runtime_state: 'ENFORCE' },
    standing: { isCurrent: true, isEnforcing: true, doubts: [] },
  });
});

t.test('one that does not enforce: 1', async (t) => {
  const { exitCode, stdout } = await status(
    t,
    json({
      runtime_state: 'AUDIT_FALLBACK',
      audit_only: true,
      enforce_capable: false,
      message: 'no rung was felt',
    }),
  );
  t.equal(exitCode, 1);
  t.match(stdout, 'not enforcing: AUDIT_FALLBACK');
  t.match(stdout, 'no rung was felt');
});

t.test('a stale report is not believed: 1', async (t) => {
  const { exitCode, stdout } = await status(t, json({ boot_id: 'another' }));
  t.equal(exitCode, 1);
  t.match(stdout, 'not to be believed: it last claimed ENFORCE');
  t.match(stdout, 'the report is of an earlier boot');
});

t.test('a seam in use is shown', async (t) => {
  const { stdout } = await status(t, json({ seams: ['AEGIS_LSM_PATH'] }));
  t.match(stdout, 'test seams are in use: AEGIS_LSM_PATH');
});

t.test('no agent: 77 and how to start one', async (t) => {
  const { exitCode, stdout, path } = await status(t, undefined);
  t.equal(exitCode, 77);
  t.match(stdout, 'no agent');
  t.match(stdout, 'aegis-agent run --instance default');
  t.match(stdout, path);
});

t.test('a report that cannot be relied on: 99 and why', async (t) => {
  const half = await status(t, json().slice(0, 100));
  t.equal(half.exitCode, 99);
  t.match(half.stderr, /^Error: cannot read the posture report .+\nWay out: /);
  t.equal(half.stdout, '');
  const huge = await status(t, `${' '.repeat(2 * 1024 * 1024)}{}`);
  t.equal(huge.exitCode, 99);
  t.match(huge.stderr, /holds 2097154 bytes/);
});

t.test('a link in the place of the report is not followed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aegis-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'real'), json());
  chmodSync(join(folder, 'real'), 0o644);
  symlinkSync('real', join(folder, 'link'));
  const { exitCode, stderr } = await aegis(['status'], {
    env: { AEGIS_CAPABILITIES_REPORT_PATH: join(folder, 'link') },
  });
  t.equal(exitCode, 99);
  t.match(stderr, /cannot read the posture report/);
});

t.test('a name that is no instance is misuse', async (t) => {
  for (const name of ['../../etc', '', 'a/b', 'x'.repeat(65)]) {
    const { exitCode, stderr } = await aegis(['status', '--instance', name]);
    t.equal(exitCode, 2, name);
    t.match(stderr, /instance/);
  }
});
