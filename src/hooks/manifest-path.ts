import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const manifestName = 'aegis.hooks.json';

/**
 * The manifest that governs a command: `AEGIS_HOOKS` when set (whether it exists or not: a named policy that is
 * missing must not count as none), else the nearest `aegis.hooks.json` in `from` or a folder above it, else none.
 */
export function findManifest(
  from: string = process.cwd(),
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const named = env['AEGIS_HOOKS'];
  if (named) return resolve(from, named);
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, manifestName);
    // Anything of that name counts, a dangling link too: reading it will say what is wrong.
    if (lstatSync(path, { throwIfNoEntry: false })) return path;
    if (folder === dirname(folder)) return undefined;
  }
}
