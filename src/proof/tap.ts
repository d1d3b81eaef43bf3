import { combine, type Verdict } from '../posture/verdict.js';
import type { PointRecord, ScenarioRecord } from './kit.js';

/** `#` starts a directive and `\` escapes in a TAP 14 description (https://testanything.org/tap-version-14-specification.html). */
function describe(text: string): string {
  return text.replace(/[\\#]/g, '\\$&').replace(/\s+/g, ' ');
}

/** A YAML diagnostic block. JSON is YAML, so each value is written as JSON and needs no quoting rules of its own. */
function diagnostic(fields: Readonly<Record<string, unknown>>, indent: string): string[] {
  const rows = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (rows.length === 0) return [];
  return [
    `${indent}  ---`,
    ...rows.map(([key, value]) => `${indent}  ${key}: ${JSON.stringify(value)}`),
    `${indent}  ...`,
  ];
}

function pointLines(point: PointRecord, number: number, indent: string): string[] {
  const skip = point.verdict === 'skipped' ? ` # SKIP ${describe(point.reason ?? '')}` : '';
  const ok = point.verdict === 'proven' || point.verdict === 'skipped';
  return [
    `${indent}${ok ? 'ok' : 'not ok'} ${number} - ${describe(point.name)}${skip}`,
    ...diagnostic(
      {
        verdict: point.verdict === 'proven' ? undefined : point.verdict,
        reason: point.reason,
        way_out: point.way_out,
        observed: point.observed,
        duration_ms: point.duration_ms,
      },
      indent,
    ),
  ];
}

/** Why a scenario was skipped, in one line. */
export function skipReason(record: Pick<ScenarioRecord, 'unmet'>): string {
  return (record.unmet ?? []).map(({ name, reason }) => (reason ? `${name}: ${reason}` : name)).join('; ');
}

/** Writes scenarios as one TAP 14 stream: one subtest a scenario, numbered as they come. */
export class TapWriter {
  private count = 0;
  private readonly verdicts: Verdict[] = [];

  constructor(private readonly write: (text: string) => void) {
    this.lines(['TAP version 14']);
  }

  /** One scenario as a subtest; `where` names the machine when there are several. */
  scenario(record: ScenarioRecord, where = ''): void {
    this.verdicts.push(record.verdict);
    const name = describe(`${record.proof}/${record.scenario}${where ? ` on ${where}` : ''}`);
    this.count += 1;
    if (record.verdict === 'skipped' && record.points.length === 0) {
      this.lines([`ok ${this.count} - ${name} # SKIP ${describe(skipReason(record))}`]);
      return;
    }
    const indent = '    ';
    this.lines([
      `# Subtest: ${name}`,
      ...record.points.flatMap((point, i) => pointLines(point, i + 1, indent)),
      `${indent}1..${record.points.length}`,
      `${record.verdict === 'proven' ? 'ok' : 'not ok'} ${this.count} - ${name}`,
      ...diagnostic({ claim: record.claim, verdict: record.verdict, duration_ms: record.duration_ms }, ''),
    ]);
  }

  /** A machine that could not be had or was lost: nothing there was checked. */
  couldNotCheck(name: string, reason: string, wayOut?: string): void {
    this.verdicts.push('could-not-check');
    this.count += 1;
    this.lines([
      `not ok ${this.count} - ${describe(name)}`,
      ...diagnostic({ verdict: 'could-not-check', reason, way_out: wayOut }, ''),
    ]);
  }

  /** The plan, and the whole run's verdict as a comment, with a last word to the reader. */
  end(lastWord?: string): void {
    this.lines([`1..${this.count}`, `# ${combine(this.verdicts)}`, ...(lastWord ? [`# ${lastWord}`] : [])]);
  }

  private lines(lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\n`).join(''));
  }
}
