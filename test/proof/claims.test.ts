import t from 'tap';
import { demandAttached, demandClaim, type PostureClaim } from '../../src/proof/claims.js';
import type { PostureReport } from '../../src/posture/report.js';

const claim: PostureClaim = {
  state: 'ENFORCE_SIGNAL',
  mechanism: 'fentry',
  auditOnly: false,
  enforceCapable: false,
  blocker: 'BPF_LSM_DISABLED',
  guarantee: 'before_return',
};
const report = {
  runtime_state: 'ENFORCE_SIGNAL',
  audit_only: false,
  enforce_capable: false,
  enforce_blockers: ['BPF_LSM_DISABLED'],
  mechanism: 'fentry',
  guarantee: 'before_return',
  seams: [],
} as unknown as PostureReport;

t.test('a report that says what it has to is taken as a claim', async (t) => {
  t.match(demandClaim(report, claim), { runtime_state: 'ENFORCE_SIGNAL', blocker_named: true });
});

t.test('each field that says otherwise is a disproof that names it', async (t) => {
  for (const [change, said] of [
    [{ runtime_state: 'ENFORCE' }, 'runtime_state'],
    [{ audit_only: true }, 'audit_only'],
    [{ enforce_capable: true }, 'enforce_capable'],
    [{ enforce_blockers: [] }, 'blocker_named'],
    [{ mechanism: 'lsm' }, 'mechanism'],
    [{ guarantee: 'synchronous' }, 'guarantee'],
    [{ seams: ['AEGIS_LSM_PATH'] }, 'seams'],
  ] as const)
    t.throws(() => demandClaim({ ...report, ...change }, claim), {
      name: 'Disproof',
      message: new RegExp(`${said} is `),
    });
});

t.test('a seam in use has to be owned up to', async (t) => {
  t.throws(() => demandClaim(report, claim, ['AEGIS_LSM_PATH']), /seams is \[\], expected/);
  const owned = { ...report, seams: ['AEGIS_LSM_PATH'] };
  t.match(demandClaim(owned, claim, ['AEGIS_LSM_PATH']), { seams: ['AEGIS_LSM_PATH'] });
});

t.test('without an expected blocker none may be named', async (t) => {
  const { blocker: _, ...without } = claim;
  t.throws(() => demandClaim(report, without), /blocker_named/);
});

t.test('a mechanism the kernel does not show is a disproof', async (t) => {
  t.throws(
    () => demandAttached({ lsm: 0, fmod_ret: 0, fentry: 3, tracepoint: 0 }, 'lsm'),
    /nothing of the kind/,
  );
  t.same(demandAttached({ lsm: 0, fmod_ret: 0, fentry: 3, tracepoint: 0 }, 'fentry').fentry, 3);
});
