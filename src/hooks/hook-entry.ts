import { messageOf } from '../errors.js';
import { readEntrypoint } from './entrypoint.js';
import type { HookFailure } from './event.js';
import { manifestDigest, type Manifest } from './manifest.js';
import { freezeSpec, type HookSpec } from './spec.js';
import type { TrustRecord } from './trust.js';

/** Why a hook's process may not start now. */
export class LaunchRefused extends Error {
  override readonly name = 'LaunchRefused';
  constructor(
    readonly reason: HookFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A hook the dispatcher can run. */
export interface HookEntry {
  readonly index: number;
  readonly spec: HookSpec;
  /** The digest its executable must have; null when nothing was ever trusted. */
  readonly sha256: string | null;
  readonly cwd: string;
  /**
   * Makes sure, right before the launch, that manifest and executable are still those trusted. Returns the executable's
   * absolute path; throws `LaunchRefused`.
   */
  verify(): Promise<string>;
}

/** All hooks of a run, in manifest order. */
export interface HookSet {
  readonly budgetSeconds: number;
  readonly entries: readonly HookEntry[];
}

/** The hooks of a manifest that was trusted, each held to its record. */
export function trustedHooks(manifest: Manifest, record: TrustRecord): HookSet {
  const entries = manifest.hooks.map((spec, index): HookEntry => {
    const sha256 = record.entrypoint_sha256[index] ?? null;
    return {
      index,
      spec,
      sha256,
      cwd: manifest.root,
      verify: async () => {
        await verifyManifest(manifest.path, record.manifest_sha256);
        return await verifyEntrypoint(manifest.root, spec, sha256);
      },
    };
  });
  return { budgetSeconds: manifest.budgetSeconds, entries };
}

/**
 * Hooks declared in memory, which neither schema nor loader has seen: what an embedding program may hand over, and
 * what the proofs forge. Their executables are digested now and held to that.
 */
export async function declaredHooks(
  root: string,
  specs: readonly HookSpec[],
  budgetSeconds: number,
): Promise<HookSet> {
  const entries = await Promise.all(
    specs.map(async (given, index): Promise<HookEntry> => {
      const spec = freezeSpec(given);
      const sha256 = await readEntrypoint(root, spec.entrypoint[0] ?? '').then(
        (entrypoint) => entrypoint.sha256,
        () => null,
      );
      const verify = async () => await verifyEntrypoint(root, spec, sha256);
      return { index, spec, sha256, cwd: root, verify };
    }),
  );
  return { budgetSeconds, entries };
}

async function verifyManifest(path: string, sha256: string): Promise<void> {
  let now;
  try {
    now = await manifestDigest(path);
  } catch (error) {
    throw new LaunchRefused('manifest_changed', messageOf(error), { cause: error });
  }
  if (now !== sha256)
    throw new LaunchRefused('manifest_changed', 'the manifest changed after it was trusted');
}

async function verifyEntrypoint(root: string, spec: HookSpec, sha256: string | null): Promise<string> {
  let entrypoint;
  try {
    entrypoint = await readEntrypoint(root, spec.entrypoint[0] ?? '');
  } catch (error) {
    throw new LaunchRefused('entrypoint_invalid', messageOf(error), { cause: error });
  }
  if (entrypoint.sha256 !== sha256)
    throw new LaunchRefused('entrypoint_changed', `${spec.entrypoint[0]}: it changed after it was trusted`);
  return entrypoint.path;
}
