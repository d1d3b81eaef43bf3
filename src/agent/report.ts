import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AegisError, messageOf } from '../errors.js';
import { parseReport, type PostureReport } from '../posture/report.js';

/** A report of a healthy agent takes a few KiB; more than this is somebody else's file. */
const maxReportBytes = 1024 * 1024;

/** Where an instance of the agent writes its posture report, unless `AEGIS_CAPABILITIES_REPORT_PATH` says otherwise. Throws `BAD_ARGUMENT`. */
export function reportPathOf(instance: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(instance))
    throw new AegisError(
      'BAD_ARGUMENT',
      `cannot look for the instance "${instance}": this is no instance name`,
      {
        wayOut: 'Use letters, digits, dot, dash and underscore, 64 at most.',
      },
    );
  return process.env['AEGIS_CAPABILITIES_REPORT_PATH'] ?? `/var/lib/aegis/${instance}/capabilities.json`;
}

/** Reads and validates a report. Undefined when there is none; throws `BAD_REPORT` when it cannot be relied on. */
export async function readReport(path: string): Promise<PostureReport | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, messageOf(cause), cause);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw unreadable(path, 'it is not a regular file');
    if (stat.size > maxReportBytes) throw unreadable(path, `it holds ${stat.size} bytes`);
    return parseReport(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, why: string, cause?: unknown): AegisError {
  return new AegisError('BAD_REPORT', `cannot read the posture report ${path}: ${why}`, {
    cause,
    wayOut: 'Run as root, and restart the agent so that it writes the report anew.',
  });
}
