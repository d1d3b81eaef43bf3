import { createHash } from 'node:crypto';
import { access, constants, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { messageOf } from '../errors.js';
import { readOwnedFile, refuseOpenFolders } from './owned-file.js';

/** A hook's executable is a script or a small program; larger ones are mistakes. */
const entrypointLimit = 64 * 1024 * 1024;

export interface Entrypoint {
  /** Absolute, every link resolved. */
  readonly path: string;
  readonly sha256: string;
}

/**
 * Finds a hook's executable and digests it as it stands now. It must be a plain, executable file inside `root` once
 * every link is resolved: what is outside is not the project's to declare. Throws an `Error` that tells why not.
 */
export async function readEntrypoint(root: string, name: string): Promise<Entrypoint> {
  try {
    const path = await realpath(resolve(root, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
      throw new Error(`it leads out of the project (to ${path})`);
    const { content, stats } = await readOwnedFile(path, entrypointLimit);
    if ((stats.mode & 0o111) === 0) throw new Error('it is not executable');
    await access(path, constants.X_OK).catch(() => {
      throw new Error('this user may not execute it');
    });
    await refuseOpenFolders(path, root);
    return { path, sha256: createHash('sha256').update(content).digest('hex') };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(`${name}: ${missing ? 'it does not exist' : messageOf(error)}`, { cause: error });
  }
}
