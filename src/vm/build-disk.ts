import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, readlink, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AegisError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { digestFile, obtain, removeUnused, type CacheOptions } from './cache.js';
import { makeDisk } from './disk.js';

/** What of the repository the guest gets: the build under test, and nothing that is only needed to make it. */
const parts = ['bin', 'dist', 'build', 'schemas', 'package.json', 'oclif.manifest.json'];
const keptDays = 2;

/**
 * The disk with the build under test, cached by the digest of its contents: an unchanged build is packed once.
 * @throws AegisError BUILD_MISSING when there is no build
 */
export async function prepareBuildDisk(options: CacheOptions): Promise<string> {
  const sources = [...(await presentParts()), ...(await productionPackages(packageRoot))];
  const digest = await digestSources(sources);
  await removeUnused('builds', keptDays);
  const entry = await obtain<null>(
    {
      path: join('builds', digest.slice(0, 32)),
      recipe: `build-1 ${digest}`,
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
  for (const needed of ['dist', join('build', 'bin', 'aegis-guest')])
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

/** The packages that the package at `root` needs to run, found as node itself would find them. */
export async function productionPackages(root: string): Promise<Source[]> {
  const found = new Map<string, Source>();
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
    };
    const required = Object.keys(manifest.dependencies ?? {});
    const optional = Object.keys(manifest.optionalDependencies ?? {});
    for (const name of [...required, ...optional]) {
      const from = await resolvePackage(folder, name);
      if (!from && optional.includes(name)) continue;
      if (!from)
        throw new AegisError('BUILD_MISSING', `cannot boot a guest: package ${name} is not installed`, {
          wayOut: 'Run `npm ci`.',
        });
      if (found.has(from)) continue;
      const place = relative(root, from);
      found.set(from, { from, to: place.startsWith('..') ? join('node_modules', name) : place });
      await visit(from);
    }
  };
  await visit(root);
  // A package inside another one's folder is copied with it.
  const all = [...found.values()];
  return all.filter(
    ({ from }) => !all.some((other) => other.from !== from && from.startsWith(`${other.from}/`)),
  );
}

async function resolvePackage(from: string, name: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (await stat(join(candidate, 'package.json')).catch(() => undefined)) return realpath(candidate);
    if (folder === dirname(folder)) return undefined;
  }
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
