import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readlink, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AegisError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { digestFile, obtain, removeUnused, type CacheOptions } from './cache.js';
import { makeDisk } from './disk.js';

/** What of the repository the guest gets: the build under test, and nothing that is only needed to make it. */
const parts = ['bin', 'lib', 'build', 'schemas', 'package.json', 'oclif.manifest.json'];
const keptDays = 2;

/**
 * The disk with the build under test, cached by the digest of its contents: an unchanged build is packed once.
 * @throws AegisError BUILD_MISSING when there is no build
 */
export async function prepareBuildDisk(options: CacheOptions): Promise<string> {
  const sources = await presentParts();
  const digest = await digestSources(sources);
  await removeUnused('builds', keptDays);
  const entry = await obtain<null>(
    {
      path: join('builds', digest.slice(0, 32)),
      recipe: `build-2 ${digest}`,
      make: async (folder) => {
        options.onProgress('packing the build under test');
        const stage = join(folder, 'stage');
        for (const { from, to } of sources) {
          await mkdir(dirname(join(stage, to)), { recursive: true });
          await cp(from, join(stage, to), { recursive: true, verbatimSymlinks: true, filter: isShipped });
        }
        await makeDisk(stage, join(folder, 'build.ext4'), 0, options.signal);
        await rm(stage, { recursive: true });
        return null;
      },
    },
    options,
  );
  return join(entry.folder, 'build.ext4');
}

/** One folder or file of the build disk. */
interface Source {
  readonly from: string;
  readonly to: string;
}

async function presentParts(): Promise<Source[]> {
  const present: Source[] = [];
  for (const part of parts) {
    const from = join(packageRoot, part);
    if (await stat(from).catch(() => undefined)) present.push({ from, to: part });
  }
  for (const needed of ['lib', join('build', 'bin', 'aegis-guest')])
    if (!(await stat(join(packageRoot, needed)).catch(() => undefined)))
      throw new AegisError('BUILD_MISSING', `cannot boot a guest: ${join(packageRoot, needed)} is missing`, {
        wayOut: 'Run `npm run build`.',
      });
  return present;
}

/** Not shipped: what the compilers leave for themselves and for editors. It changes without the build changing. */
function isShipped(path: string): boolean {
  return !/\.(tsbuildinfo|d\.ts|map|tmp)$|\/build\/(obj|test)[^/]*(\/|$)/.test(path);
}

/** The digest of names, modes and contents of all that is shipped. */
async function digestSources(sources: readonly Source[]): Promise<string> {
  const hash = createHash('sha256');
  const visit = async (from: string, to: string): Promise<void> => {
    if (!isShipped(from)) return;
    const entries = await readdir(from, { withFileTypes: true }).catch(() => undefined);
    if (!entries) {
      hash.update(`${to}\0${(await stat(from)).mode}\0${await digestFile(from)}\0`);
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const [path, place] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isSymbolicLink()) hash.update(`${place}\0link\0${await readlink(path)}\0`);
      else await visit(path, place);
    }
  };
  for (const { from, to } of sources) await visit(from, to);
  return hash.digest('hex');
}
