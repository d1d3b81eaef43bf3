import type { PointRecord, ScenarioRecord } from '../proof/kit.js';
import type { MachineRecord, RunRecord } from '../proof/run-record.js';
import type { Verdict } from '../posture/verdict.js';
import { colors } from '../ui.js';
import { countRows, splitRows } from './rows.js';

const marks: Record<Verdict, string> = {
  proven: colors.good('✓'),
  disproven: colors.bad('✗'),
  'could-not-check': colors.warn('?'),
  skipped: colors.dim('-'),
};

const words: Record<Verdict, string> = {
  proven: colors.good('proven'),
  disproven: colors.bad('DISPROVEN'),
  'could-not-check': colors.warn('could not check'),
  skipped: colors.dim('skipped'),
};

function indent(text: string, by: string): string {
  return text
    .split('\n')
    .map((line) => by + line)
    .join('\n');
}

function renderPoint(point: PointRecord): string[] {
  const line = `    ${marks[point.verdict]} ${point.name} ${colors.dim(`${point.duration_ms} ms`)}`;
  return [
    line,
    ...(point.reason ? [indent(point.reason, '        ')] : []),
    ...(point.way_out ? [indent(`Way out: ${point.way_out}`, '        ')] : []),
  ];
}

/** One scenario with its points, for people. */
export function renderScenario(where: string, record: ScenarioRecord): string {
  const title = `${colors.bold(`${record.proof}/${record.scenario}`)} on ${where}: ${words[record.verdict]}`;
  const { rows, others } = splitRows(record);
  // Rows that came out as they should stand in the table at the end.
  const failed = rows.filter(({ verdict }) => verdict === 'disproven' || verdict === 'could-not-check');
  return [
    `${marks[record.verdict]} ${title}`,
    ...others.flatMap(renderPoint),
    ...(rows.length > 0 ? [`    ${rows.length} rows: ${countRows(rows)}`] : []),
    ...failed.flatMap(renderPoint),
  ].join('\n');
}

/** Why a scenario was skipped, one requirement a line; empty when it was not. */
export function renderUnmet(record: ScenarioRecord): string {
  return (record.unmet ?? [])
    .flatMap(({ name, reason, wayOut }) => [
      `    ${marks.skipped} ${name}${reason ? `: ${reason}` : ''}`,
      ...(wayOut ? [`        Way out: ${wayOut}`] : []),
    ])
    .join('\n');
}

/** A machine that could not be had, or was lost. */
export function renderLost(machine: MachineRecord): string {
  const { reason = '', way_out } = machine.error ?? {};
  return [
    `${marks['could-not-check']} ${colors.bold(machine.where)}: ${words['could-not-check']}`,
    indent(reason, '    '),
    ...(way_out ? [`    Way out: ${way_out}`] : []),
  ].join('\n');
}

/** The closing line: how many scenarios ended how, on how many machines. */
export function renderSummary(record: RunRecord): string {
  const scenarios = record.machines.flatMap((machine) => machine.scenarios);
  const order: readonly Verdict[] = ['proven', 'disproven', 'could-not-check', 'skipped'];
  const counts = order
    .map((verdict) => ({ verdict, n: scenarios.filter((one) => one.verdict === verdict).length }))
    .filter(({ n }) => n > 0)
    .map(({ verdict, n }) => `${n} ${words[verdict]}`);
  const lost = record.machines.filter((machine) => machine.error).length;
  if (lost > 0) counts.push(colors.warn(`${lost} machine${lost > 1 ? 's' : ''} lost`));
  const points = scenarios.flatMap((scenario) => scenario.points).length;
  const seconds = (record.duration_ms / 1000).toFixed(1);
  const machines = record.machines.length;
  return (
    `${words[record.verdict]}: ${counts.join(', ') || 'nothing was run'} ` +
    `(${points} test points, ${machines} machine${machines === 1 ? '' : 's'}, ${seconds} s)`
  );
}
