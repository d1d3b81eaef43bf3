import type { PostureReport } from '../posture/report.js';
import { standingOf, type Standing } from '../posture/standing.js';
import { readKernelFacts } from '../witness/kernel.js';
import { startTicksOf } from '../witness/process.js';
import { readReport, reportPathOf } from './report.js';

/** What an instance of the agent claims, and whether that is to be believed. */
export interface AgentStatus {
  readonly instance: string;
  readonly report_path: string;
  /** Undefined when the instance never wrote one. */
  readonly report?: PostureReport;
  readonly standing?: Standing;
}

/** Reads an instance's report and judges it. Throws `BAD_REPORT` when there is one that cannot be read. */
export async function statusOf(instance: string): Promise<AgentStatus> {
  const path = reportPathOf(instance);
  const report = await readReport(path);
  if (!report) return { instance, report_path: path };
  const { bootId } = await readKernelFacts();
  const standing = standingOf(report, { bootId, startTicks: await startTicksOf(report.pid) });
  return { instance, report_path: path, report, standing };
}
