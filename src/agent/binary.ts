import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AegisError } from '../errors.js';
import { nativeBin } from '../paths.js';

/** The agent under test: `AEGIS_BIN`, or the one this package was built with. Throws `AGENT_MISSING`. */
export async function agentBinary(): Promise<string> {
  const chosen = process.env['AEGIS_BIN'];
  const path = chosen ? resolve(chosen) : join(nativeBin, 'aegis-agent');
  try {
    await access(path, constants.X_OK);
    return path;
  } catch (cause) {
    throw new AegisError('AGENT_MISSING', `cannot run the agent ${path}: no executable file is there`, {
      cause,
      wayOut: chosen ? 'Set AEGIS_BIN to the agent, or unset it.' : 'Run `npm run build`.',
    });
  }
}

/** The sha256 of a file, in hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
