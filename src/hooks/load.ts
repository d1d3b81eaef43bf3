import { AegisError } from '../errors.js';
import { trustedHooks, type HookSet } from './hook-entry.js';
import { readManifest } from './manifest.js';
import { findTrust } from './trust.js';

/**
 * Reads a manifest and the operator's trust in it. Throws `HOOK_MANIFEST_INVALID`, `TRUST_STORE_FAILED`, or
 * `HOOKS_UNTRUSTED` when it was never trusted or changed since.
 */
export async function loadHooks(manifestPath: string): Promise<HookSet> {
  const manifest = await readManifest(manifestPath);
  const record = await findTrust(manifest.path);
  const wayOut = 'Look through it, then run `aegis hooks trust`.';
  if (!record)
    throw new AegisError(
      'HOOKS_UNTRUSTED',
      `cannot run the hooks in ${manifest.path}: they are not trusted`,
      {
        wayOut,
      },
    );
  if (record.manifest_sha256 !== manifest.sha256)
    throw new AegisError(
      'HOOKS_UNTRUSTED',
      `cannot run the hooks in ${manifest.path}: the manifest changed after it was trusted on ${record.trusted_at}`,
      { wayOut },
    );
  return trustedHooks(manifest, record);
}
