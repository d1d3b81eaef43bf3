import type { AgentStatus } from '../agent/status.js';
import { colors, table } from '../ui.js';

/** An instance's status for people: what may be relied on first, then what it claims. */
export function renderStatus({ instance, report_path, report, standing }: AgentStatus): string {
  if (!report || !standing)
    return [
      colors.dim(`no agent: the instance ${instance} has written no report`),
      `Way out: start it with \`aegis-agent run --instance ${instance}\` (looked for ${report_path}).`,
    ].join('\n');
  const verdict = standing.isEnforcing
    ? colors.good(`enforcing: ${report.runtime_state}`)
    : standing.isCurrent
      ? colors.bad(`not enforcing: ${report.runtime_state}`)
      : colors.bad(`not to be believed: it last claimed ${report.runtime_state}`);
  const fields = [
    ['mechanism', report.mechanism],
    ['guarantee', report.guarantee],
    ['scope', report.scope_cgroup ?? 'the whole machine'],
    ['blockers', report.enforce_blockers.join(', ') || 'none'],
    ['known gaps', report.known_gaps.join(', ') || 'none'],
    ['last felt', tellTime(report.canary.last_felt_unix)],
    ['report written', tellTime(report.generated_at_unix)],
    ['agent', `pid ${report.pid}, sha256 ${report.agent_sha256.slice(0, 12)}`],
  ];
  return [
    `${instance}: ${verdict}`,
    ...standing.doubts.map((doubt) => colors.warn(`  ${doubt}`)),
    ...(report.seams.length > 0 ? [colors.warn(`  test seams are in use: ${report.seams.join(', ')}`)] : []),
    ...(report.message ? [`  ${report.message}`] : []),
    table(fields.map(([name = '', value = '']) => [`  ${name}`, value])),
  ].join('\n');
}

function tellTime(unixSeconds: number): string {
  return unixSeconds > 0 ? new Date(unixSeconds * 1000).toISOString() : 'never';
}
