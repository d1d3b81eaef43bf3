import { AegisError, messageOf } from '../errors.js';
import { readEntrypoint } from './entrypoint.js';
import { readManifest, type Manifest } from './manifest.js';
import type { HookSpec } from './spec.js';
import { findTrust } from './trust.js';

/** Whether a hook would be launched now. */
export type HookState = 'trusted' | 'untrusted' | 'changed' | 'invalid';

export interface InspectedHook {
  readonly index: number;
  readonly spec: HookSpec;
  /** The executable's digest as it stands now; null when it cannot be had. */
  readonly sha256: string | null;
  readonly state: HookState;
  /** Why it is not trusted. */
  readonly reason?: string;
}

/** A manifest as an operator wants to see it: what it declares, and what would run. */
export interface Inspection {
  readonly manifest: Manifest;
  readonly trusted_at: string | null;
  readonly hooks: readonly InspectedHook[];
}

/** Reads a manifest and looks at each hook. Throws `HOOK_MANIFEST_INVALID` and `TRUST_STORE_FAILED`. */
export async function inspectHooks(manifestPath: string): Promise<Inspection> {
  const manifest = await readManifest(manifestPath);
  const record = await findTrust(manifest.path);
  const isCurrent = record?.manifest_sha256 === manifest.sha256;
  const hooks = await Promise.all(
    manifest.hooks.map(async (spec, index): Promise<InspectedHook> => {
      let sha256;
      try {
        ({ sha256 } = await readEntrypoint(manifest.root, spec.entrypoint[0] ?? ''));
      } catch (error) {
        const reason = `/hooks/${index}/entrypoint/0 ${messageOf(error)}`;
        return { index, spec, sha256: null, state: 'invalid', reason };
      }
      if (!record) return { index, spec, sha256, state: 'untrusted', reason: 'never trusted' };
      if (!isCurrent)
        return { index, spec, sha256, state: 'changed', reason: 'the manifest changed after it was trusted' };
      if (record.entrypoint_sha256[index] !== sha256)
        return {
          index,
          spec,
          sha256,
          state: 'changed',
          reason: 'the executable changed after it was trusted',
        };
      return { index, spec, sha256, state: 'trusted' };
    }),
  );
  return { manifest, trusted_at: record?.trusted_at ?? null, hooks };
}

/** The error for a command that needs a manifest where there is none. */
export function noManifest(name: string): AegisError {
  return new AegisError('HOOK_MANIFEST_INVALID', `cannot find hooks: there is no ${name} here or above`, {
    wayOut: 'Write one (examples/hooks shows how), or name it with --manifest.',
  });
}
