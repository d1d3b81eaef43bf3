import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AegisError, messageOf } from '../errors.js';
import { readOwnedFile } from './owned-file.js';

/** What the operator trusted: these bytes of the manifest and of each executable it names. */
export interface TrustRecord {
  readonly schema_version: 1;
  readonly manifest: string;
  readonly manifest_sha256: string;
  /** By hook index. */
  readonly entrypoint_sha256: readonly string[];
  readonly trusted_at: string;
}

/** One file a manifest, so that two operators' commands at once cannot lose each other's record. */
export function trustFolder(env: NodeJS.ProcessEnv = process.env): string {
  const config = env['XDG_CONFIG_HOME'];
  const base = config && isAbsolute(config) ? config : join(homedir(), '.config');
  return join(base, 'aegis', 'trusted-hooks');
}

/** Where the record for a manifest is kept. */
export function recordPath(manifestPath: string, env?: NodeJS.ProcessEnv): string {
  return join(trustFolder(env), `${createHash('sha256').update(manifestPath).digest('hex')}.json`);
}

/** The record for a manifest, or undefined when it was never trusted. A record that cannot be relied on is an error. */
export async function findTrust(manifestPath: string): Promise<TrustRecord | undefined> {
  const path = recordPath(manifestPath);
  try {
    const { content } = await readOwnedFile(path, 1024 * 1024);
    await refuseForeignFolder(trustFolder());
    const record = JSON.parse(content.toString('utf8')) as TrustRecord;
    if (record.schema_version !== 1 || record.manifest !== manifestPath)
      throw new Error('it is not a record of this manifest');
    return record;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw trustFailed('read', path, error);
  }
}

/** Who may write the folder may trust anything. */
export async function refuseForeignFolder(folder: string): Promise<void> {
  const stats = await stat(folder);
  if (stats.uid !== process.geteuid?.()) throw new Error('its folder belongs to another user');
  if ((stats.mode & 0o022) !== 0) throw new Error('others may write its folder');
}

/** The error for a record that cannot be had. */
export function trustFailed(act: string, path: string, cause: unknown): AegisError {
  return new AegisError('TRUST_STORE_FAILED', `cannot ${act} the trust record ${path}: ${messageOf(cause)}`, {
    wayOut: 'Make its folder yours alone (mode 0700), or set XDG_CONFIG_HOME.',
    cause,
  });
}
