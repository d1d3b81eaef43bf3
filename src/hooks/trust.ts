import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AegisError, messageOf } from '../errors.js';
import { readEntrypoint } from './entrypoint.js';
import { makeFolders } from './folders.js';
import type { Manifest } from './manifest.js';
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

function recordPath(manifestPath: string, env?: NodeJS.ProcessEnv): string {
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
    throw failed('read', path, error);
  }
}

/** Trusts a manifest and its executables as they stand now, in the store that `env` names. Returns the record written. */
export async function trust(manifest: Manifest, env?: NodeJS.ProcessEnv): Promise<TrustRecord> {
  const digests: string[] = [];
  for (const [index, hook] of manifest.hooks.entries())
    digests.push((await checkedEntrypoint(manifest, index, hook.entrypoint[0] ?? '')).sha256);
  const record: TrustRecord = {
    schema_version: 1,
    manifest: manifest.path,
    manifest_sha256: manifest.sha256,
    entrypoint_sha256: digests,
    trusted_at: new Date().toISOString(),
  };
  const path = recordPath(manifest.path, env);
  const draft = `${path}.${randomUUID()}`;
  try {
    makeFolders(trustFolder(env));
    await refuseForeignFolder(trustFolder(env));
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw failed('write', path, error);
  }
  return record;
}

/** Takes trust back. Returns false when there was none. */
export async function untrust(manifestPath: string): Promise<boolean> {
  const path = recordPath(manifestPath);
  try {
    await rm(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw failed('remove', path, error);
  }
}

/** An entrypoint that can be trusted; throws `HOOK_MANIFEST_INVALID` with the pointer of what names it. */
async function checkedEntrypoint(manifest: Manifest, index: number, name: string) {
  try {
    return await readEntrypoint(manifest.root, name);
  } catch (error) {
    throw new AegisError(
      'HOOK_MANIFEST_INVALID',
      `cannot use the hooks in ${manifest.path}: /hooks/${index}/entrypoint/0 ${messageOf(error)}`,
      { wayOut: 'Name an executable file inside the project.', cause: error },
    );
  }
}

/** Who may write the folder may trust anything. */
async function refuseForeignFolder(folder: string): Promise<void> {
  const stats = await stat(folder);
  if (stats.uid !== process.geteuid?.()) throw new Error('its folder belongs to another user');
  if ((stats.mode & 0o022) !== 0) throw new Error('others may write its folder');
}

function failed(act: string, path: string, cause: unknown): AegisError {
  return new AegisError('TRUST_STORE_FAILED', `cannot ${act} the trust record ${path}: ${messageOf(cause)}`, {
    wayOut: 'Make its folder yours alone (mode 0700), or set XDG_CONFIG_HOME.',
    cause,
  });
}
