import t from 'tap';
import { standingOf } from '../../src/posture/standing.js';
import type { PostureReport } from '../../src/posture/report.js';

const running = { bootId: 'boot', startTicks: 100 };
const report = {
  runtime_state: 'ENFORCE',
  audit_only: false,
  enforce_capable: true,
  enforce_blockers: [],
  mechanism: 'lsm',
  pid: 7,
  process_start_ticks: 100,
  boot_id: 'boot',
  canary: { felt: true, last_felt_unix: 1 },
} as unknown as PostureReport;
const signal = {
  ...report,
  runtime_state: 'ENFORCE_SIGNAL',
  enforce_capable: false,
  enforce_blockers: ['BPF_LSM_DISABLED'],
  mechanism: 'fentry',
} as PostureReport;

t.test('a current, consistent report of an enforcing agent', async (t) => {
  t.same(standingOf(report, running), { isCurrent: true, isEnforcing: true, doubts: [] });
  t.same(standingOf(signal, running), { isCurrent: true, isEnforcing: true, doubts: [] });
});

t.test('a stale report is believed in nothing', async (t) => {
  for (const [process, doubt] of [
    [{ ...running, bootId: 'other' }, /earlier boot/],
    [{ ...running, startTicks: undefined }, /pid 7, is not running/],
    [{ ...running, startTicks: 101 }, /another process/],
  ] as const)
    t.match(standingOf(report, process), { isCurrent: false, isEnforcing: false, doubts: [doubt] });
});

t.test('a report that contradicts itself is no evidence of enforcing', async (t) => {
  for (const [change, doubt] of [
    [{ audit_only: true }, /audit only/],
    [{ canary: { felt: false, last_felt_unix: 0 } }, /no canary felt/],
    [{ mechanism: 'fentry' }, /by fentry/],
    [{ enforce_capable: false }, /enforce_capable false/],
    [{ enforce_blockers: ['BPF_LSM_DISABLED'] }, /blocked by BPF_LSM_DISABLED/],
  ] as const)
    t.match(standingOf({ ...report, ...change }, running), {
      isCurrent: true,
      isEnforcing: false,
      doubts: [doubt],
    });
  t.match(standingOf({ ...signal, enforce_capable: true }, running), { isEnforcing: false });
});

t.test('an audit agent is current and does not enforce', async (t) => {
  const audit = { ...report, runtime_state: 'AUDIT_FALLBACK', audit_only: true, enforce_capable: false };
  t.match(standingOf(audit as PostureReport, running), { isCurrent: true, isEnforcing: false, doubts: [] });
});
