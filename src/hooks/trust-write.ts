import { rm } from 'node:fs/promises';
import { AegisError, messageOf } from '../errors.js';
import { readEntrypoint } from './entrypoint.js';
import { makeFolders } from '../folders.js';
import { writePrivately } from '../private-file.js';
import type { Manifest } from './manifest.js';
import { recordPath, refuseForeignFolder, trustFailed, trustFolder, type TrustRecord } from './trust.js';

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
  try {
    makeFolders(trustFolder(env));
    await refuseForeignFolder(trustFolder(env));
    await writePrivately(path, `${JSON.stringify(record, undefined, 2)}\n`);
  } catch (error) {
    throw trustFailed('write', path, error);
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
    throw trustFailed('remove', path, error);
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
