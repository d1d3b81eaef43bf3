import t from 'tap';
import { parseReport } from '../../src/posture/report.js';
import { sampleReport } from './sample-report.js';

t.test('a valid report is read, with what it adds to the schema', async (t) => {
  const report = parseReport(JSON.stringify(sampleReport({ later: 1 })), '/r');
  t.match(report, { runtime_state: 'ENFORCE', mechanism: 'lsm', later: 1 });
});

t.test('a malformed one is refused, with the place and the way out', async (t) => {
  for (const [text, said] of [
    ['', /cannot read the posture report \/r: /],
    ['{"runtime_state": "ENF', /JSON/],
    ['[]', /must be object/],
    [JSON.stringify(sampleReport({ runtime_state: 'ENFORCED' })), /\/runtime_state must be equal to one of/],
    [JSON.stringify(sampleReport({ schema_version: 2 })), /\/schema_version/],
    [JSON.stringify(sampleReport({ audit_only: 'false' })), /\/audit_only must be boolean/],
    [JSON.stringify({ ...sampleReport(), canary: undefined }), /must have required property 'canary'/],
    [JSON.stringify(sampleReport({ agent_sha256: 'short' })), /\/agent_sha256/],
    [JSON.stringify(sampleReport({ enforce_blockers: ['MOON'] })), /\/enforce_blockers\/0/],
  ] as const)
    t.throws(() => parseReport(text, '/r'), { code: 'BAD_REPORT', message: said, wayOut: /Restart/ });
});
