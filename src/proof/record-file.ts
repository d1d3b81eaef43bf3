import { AegisError, messageOf } from '../errors.js';
import { writePrivately } from '../private-file.js';
import type { RunRecord } from './run-record.js';

/** Writes the record of a run as JSON, whole or not at all. Throws `RECORD_UNWRITABLE`. */
export async function writeRecord(path: string, record: RunRecord): Promise<void> {
  try {
    await writePrivately(path, `${JSON.stringify(record, null, 2)}\n`);
  } catch (cause) {
    throw new AegisError('RECORD_UNWRITABLE', `cannot write the record ${path}: ${messageOf(cause)}`, {
      cause,
      wayOut: 'Name a file in a folder that is there and can be written to.',
    });
  }
}
