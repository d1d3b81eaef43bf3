import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AegisError } from '../errors.js';
import { makeFolders } from '../folders.js';
import { withLock } from './lock.js';

/** The lane's folder below the user's cache (XDG Base Directory Specification: a relative value is ignored). */
export function cacheRoot(): string {
  const xdg = process.env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'aegis', 'vm');
}

/** One file of an entry as it was when it was made. While the stamp is unchanged nobody has written to it since. */
interface FileRecord {
  readonly sha256: string;
  readonly stamp: string;
}

interface Manifest<Meta> {
  readonly recipe: string;
  readonly meta: Meta;
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** A verified folder of the cache. */
export interface Entry<Meta> {
  readonly folder: string;
  readonly meta: Meta;
  /** sha256 by file name. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface EntryRecipe<Meta> {
  /** Its path below the cache's root. */
  readonly path: string;
  /** Everything its contents depend on; another recipe means it is made anew. */
  readonly recipe: string;
  /** Makes its files in an empty folder and returns what is to be remembered of them. */
  make(folder: string): Promise<Meta>;
}

export interface CacheOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const manifestName = 'manifest.json';

/**
 * An entry of the cache, verified by digest; made when it is missing, outdated or corrupt. Two processes that want the
 * same entry wait for each other; what one that died had begun is removed.
 * @throws AegisError CACHE_UNWRITABLE, DISK_FULL, INTERRUPTED, and whatever `make` throws
 */
export async function obtain<Meta>(entry: EntryRecipe<Meta>, options: CacheOptions): Promise<Entry<Meta>> {
  const folder = entryFolder(entry);
  const found = await verify<Meta>(folder, entry.recipe);
  if (found) return found;
  await makeCacheFolder(dirname(folder));
  const onWait = () => options.onProgress(`waiting for another run that prepares ${entry.path}`);
  return withLock(join(dirname(folder), '.lock'), { signal: options.signal, onWait }, async () => {
    const meanwhile = await verify<Meta>(folder, entry.recipe);
    if (meanwhile) return meanwhile;
    await removeAbandoned(folder);
    const fresh = await inCache(() => mkdtemp(`${folder}.new-`));
    try {
      const meta = await inCache(() => entry.make(fresh));
      await inCache(() => seal(fresh, entry.recipe, meta));
      await inCache(() => rm(folder, { recursive: true, force: true }));
      await inCache(() => rename(fresh, folder));
      await inCache(() => sync(dirname(folder)));
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw error;
    }
    const made = await verify<Meta>(folder, entry.recipe);
    if (!made) throw new AegisError('CACHE_CORRUPT', `cannot use ${folder}: it changed while it was made`);
    return made;
  });
}

/** Builds of different versions that share the cache keep to entries of their own, so that none undoes the other's. */
export function entryFolder(entry: Pick<EntryRecipe<unknown>, 'path' | 'recipe'>): string {
  const key = createHash('sha256').update(entry.recipe).digest('hex').slice(0, 12);
  return join(cacheRoot(), `${entry.path}-${key}`);
}

/** The entry when it is there, of that recipe and intact; undefined otherwise. */
export async function verify<Meta>(folder: string, recipe: string): Promise<Entry<Meta> | undefined> {
  const manifest = await readManifest<Meta>(folder);
  if (manifest?.recipe !== recipe) return undefined;
  const files: Record<string, FileRecord> = {};
  for (const [name, record] of Object.entries(manifest.files)) {
    const seen = await recheck(join(folder, name), record);
    if (!seen) return undefined;
    files[name] = seen;
  }
  // Touched but intact, such as handed over to another owner: remembered, or every boot would digest it again.
  if (Object.keys(files).some((name) => files[name] !== manifest.files[name]))
    await rewriteManifest(folder, { ...manifest, files }).catch(() => undefined);
  // The time of last use, by which old entries are found; a cache that became read-only is still usable.
  await utimes(folder, new Date(), new Date()).catch(() => undefined);
  const digests = Object.fromEntries(
    Object.entries(manifest.files).map(([name, { sha256 }]) => [name, sha256]),
  );
  return { folder, meta: manifest.meta, digests };
}

/** Removes entries of a folder that nobody has used for `days`: those of builds and versions long gone. */
export async function removeUnused(path: string, days: number): Promise<void> {
  const parent = join(cacheRoot(), path);
  const oldest = Date.now() - days * 24 * 3600 * 1000;
  for (const name of await readdir(parent).catch(() => [])) {
    const target = join(parent, name);
    const times = await stat(target).catch(() => undefined);
    if (times?.isDirectory() && times.mtimeMs < oldest)
      await rm(target, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The sha256 of a file, in hex. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

async function readManifest<Meta>(folder: string): Promise<Manifest<Meta> | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest<Meta>;
    return typeof manifest.recipe === 'string' && typeof manifest.files === 'object' ? manifest : undefined;
  } catch {
    // Missing, torn or no JSON: all mean that there is no such entry.
    return undefined;
  }
}

/** The status change time is part of the stamp because it cannot be set back as the modification time can. */
async function stampOf(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}

/** The record of a file that is as it was made, with its newest stamp; undefined when its contents changed. */
async function recheck(path: string, record: FileRecord): Promise<FileRecord | undefined> {
  try {
    // The stamp comes first: a change while the digest is taken must not be covered by it.
    const stamp = await stampOf(path);
    if (stamp === record.stamp) return record;
    return (await digestFile(path)) === record.sha256 ? { sha256: record.sha256, stamp } : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces a manifest in one piece, so that a run at the same time reads the old one or the new one. */
async function rewriteManifest<Meta>(folder: string, manifest: Manifest<Meta>): Promise<void> {
  const fresh = await mkdtemp(join(folder, '.manifest-'));
  try {
    await writeFile(join(fresh, manifestName), JSON.stringify(manifest, null, 2), { flag: 'wx' });
    await rename(join(fresh, manifestName), join(folder, manifestName));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Brings a finished folder to the disk and writes its manifest last: without one it does not count. */
async function seal<Meta>(folder: string, recipe: string, meta: Meta): Promise<void> {
  const files: Record<string, FileRecord> = {};
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    await sync(path);
    files[name] = { sha256: await digestFile(path), stamp: await stampOf(path) };
  }
  const handle = await open(join(folder, manifestName), 'wx');
  try {
    await handle.writeFile(JSON.stringify({ recipe, meta, files } satisfies Manifest<Meta>, null, 2));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.new-`;
  for (const name of await readdir(dirname(folder)))
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true });
}

/** Makes a folder of the cache and those above it. @throws AegisError CACHE_UNWRITABLE, DISK_FULL */
export async function makeCacheFolder(path: string): Promise<void> {
  await inCache(() => {
    try {
      makeFolders(path);
    } catch (error) {
      // A place where no folder can be made at all, such as /proc.
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? unwritable('ENOENT', error) : error;
    }
    return Promise.resolve();
  });
}

/** Runs a step that writes to the cache; what the file system refuses becomes an error with a way out. */
export async function inCache<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof AegisError || code === undefined) throw error;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new AegisError('DISK_FULL', `cannot write to ${cacheRoot()}: no space left on the disk`, {
        wayOut: 'Free some space, or point XDG_CACHE_HOME at a disk that has some.',
        cause: error,
      });
    if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) throw unwritable(code, error);
    throw error;
  }
}

function unwritable(code: string, cause: unknown): AegisError {
  return new AegisError('CACHE_UNWRITABLE', `cannot write to ${cacheRoot()}: ${code}`, {
    wayOut: 'Check who owns the folder, or point XDG_CACHE_HOME at one of your own.',
    cause,
  });
}
