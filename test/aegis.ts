import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/paths.js';
import { run, type Ended, type RunOptions } from '../src/sandbox/run.js';

// What tests invoke does not belong into the ledger of whoever runs them.
const state = mkdtempSync(join(tmpdir(), 'aegis-test-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true }));

/** Runs the shipped command line as a user would, outside any terminal. */
export async function aegis(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return await run([process.execPath, join(packageRoot, 'bin', 'run.js'), ...args], {
    timeoutMs: 60_000,
    ...options,
    env: { AEGIS_LEDGER: join(state, 'ledger.jsonl'), ...options.env },
  });
}
