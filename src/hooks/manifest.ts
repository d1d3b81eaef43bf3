import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AegisError, messageOf } from '../errors.js';
import { guard } from './guard.js';
import { readOwnedFile } from './owned-file.js';
import { violations, type Violation } from './schema.js';
import {
  defaultPermissions,
  defaultTimeoutSeconds,
  freezeSpec,
  type HookSpec,
  type Permission,
} from './spec.js';

const manifestLimit = 256 * 1024;
export const defaultBudgetSeconds = 60;

/** A manifest that passed the schema. */
export interface Manifest {
  /** Absolute, its folder resolved. */
  readonly path: string;
  /** The folder entrypoints are relative to and must stay in. */
  readonly root: string;
  readonly sha256: string;
  readonly budgetSeconds: number;
  readonly hooks: readonly HookSpec[];
}

interface ManifestDocument {
  readonly budgetSeconds?: number;
  readonly hooks: readonly (Omit<HookSpec, 'timeoutSeconds' | 'permissions' | 'env'> & {
    readonly timeoutSeconds?: number;
    readonly permissions?: readonly Permission[];
    readonly env?: readonly string[];
  })[];
}

/** Reads and checks a manifest. Throws `HOOK_MANIFEST_INVALID`, with a JSON pointer for each thing wrong inside. */
export async function readManifest(path: string): Promise<Manifest> {
  let real;
  let content;
  try {
    real = join(await realpath(dirname(path)), basename(path));
    ({ content } = await readOwnedFile(real, manifestLimit));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw invalid(path, missing ? 'it does not exist' : messageOf(error), error);
  }
  const document = parse(path, content);
  const wrong = await violations('hooks', document);
  if (wrong.length > 0) throw violated(path, wrong);
  const { hooks, budgetSeconds } = document as ManifestDocument;
  const specs = hooks.map((hook) =>
    freezeSpec({
      ...hook,
      timeoutSeconds: hook.timeoutSeconds ?? defaultTimeoutSeconds,
      permissions: hook.permissions ?? defaultPermissions(hook.kind),
      env: hook.env ?? [],
    }),
  );
  const rejected = specs.flatMap((spec, i) => crossCheck(spec, i, specs));
  if (rejected.length > 0) throw violated(path, rejected);
  return {
    path: real,
    root: dirname(real),
    sha256: sha256(content),
    budgetSeconds: budgetSeconds ?? defaultBudgetSeconds,
    hooks: Object.freeze(specs),
  };
}

/** The digest of a manifest as it stands now. */
export async function manifestDigest(path: string): Promise<string> {
  return sha256((await readOwnedFile(path, manifestLimit)).content);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function parse(path: string, content: Buffer): unknown {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw invalid(path, 'it is not UTF-8', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(path, `it is not JSON: ${messageOf(error)}`, error);
  }
}

/** What the schema cannot say (names differ), and once more what it does say of policies: the loader stands alone. */
function crossCheck(spec: HookSpec, index: number, all: readonly HookSpec[]): Violation[] {
  const found: Violation[] = [];
  const reason = guard(spec);
  if (reason)
    found.push({
      pointer: `/hooks/${index}/failurePolicy`,
      message: `must be "fail_open" (${reason})`,
    });
  const first = all.findIndex(({ name }) => name === spec.name);
  if (first < index)
    found.push({ pointer: `/hooks/${index}/name`, message: `is the name of /hooks/${first} already` });
  return found;
}

function violated(path: string, wrong: readonly Violation[]): AegisError {
  const lines = wrong.map(({ pointer, message }) => `${pointer || '/'} ${message}`);
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
  return new AegisError('HOOK_MANIFEST_INVALID', `cannot use the hooks in ${path}: ${lines[0]}${more}`, {
    wayOut: 'Correct the manifest; schemas/hooks.schema.json describes it.',
    ...(lines.length > 1 ? { detail: lines.join('\n') } : {}),
  });
}

function invalid(path: string, why: string, cause: unknown): AegisError {
  return new AegisError('HOOK_MANIFEST_INVALID', `cannot use the hooks in ${path}: ${why}`, {
    wayOut: 'Correct the manifest; schemas/hooks.schema.json describes it.',
    cause,
  });
}
