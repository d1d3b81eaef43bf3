import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { resolve, join } from 'node:path';
import { AegisError, messageOf } from '../errors.js';
import { PrivateApt } from './apt.js';
import { digestFile, obtain, removeUnused, type CacheOptions, type Entry } from './cache.js';
import { candidates, kernelSource, type KernelCandidate, type PackageRecord } from './catalogue.js';
import { makeDisk } from './disk.js';
import { initramfsDigest, writeInitramfs } from './initramfs.js';
import { bzImageRelease, modulesFolder } from './modules.js';
import { runTool } from './tool.js';

/** A kernel that is ready to boot. */
export interface Kernel {
  /** The series of the catalogue, or the path of one's own image. */
  readonly name: string;
  readonly release: string;
  readonly packages: readonly PackageRecord[];
  readonly image: string;
  readonly initramfs: string;
  readonly modulesDisk: string;
  /** sha256 of the image. */
  readonly digest: string;
}

/** One's own kernel: a bzImage and the folder of its modules. */
export interface OwnKernel {
  readonly image: string;
  readonly modules: string;
}

interface KernelMeta {
  readonly release: string;
  readonly packages: readonly PackageRecord[];
}

/** What a kernel's cache entry depends on besides its packages. */
const layout = `kernel-1 ${initramfsDigest()}`;
/** How many versions are tried when a mirror refuses one. */
const maxTries = 3;
const keptDays = 30;

/**
 * A kernel of the catalogue, from the cache or from the archive of its suite.
 * @throws AegisError UNKNOWN_KERNEL, FETCH_FAILED, and those of the cache
 */
export async function prepareKernel(name: string, options: CacheOptions): Promise<Kernel> {
  const source = kernelSource(name);
  const entry = await obtain<KernelMeta>(
    {
      path: join('kernels', name),
      recipe: `${layout} ${JSON.stringify(source)}`,
      make: async (folder) => {
        await removeUnused('kernels', keptDays);
        options.onProgress(`kernel ${name}: reading the package lists`);
        const work = join(folder, 'work');
        await mkdir(work);
        const apt = await PrivateApt.create(work, source, options.signal);
        const found = candidates(await apt.kernelPackages(name), name);
        const chosen = await fetchFirst(apt, name, found, work, options);
        const tree = join(work, 'tree');
        const image = await packagedImage(tree, chosen.release);
        const modules = await packagedModules(tree, chosen.release);
        await assemble({ image, modules }, chosen.release, folder, options);
        await rm(work, { recursive: true });
        return { release: chosen.release, packages: chosen.packages };
      },
    },
    options,
  );
  return kernelOf(name, entry);
}

/**
 * One's own kernel, made ready to boot and cached by the digest of its image.
 * @throws AegisError BAD_ARGUMENT when the image is no bzImage or the modules are not found
 */
export async function prepareOwnKernel(own: OwnKernel, options: CacheOptions): Promise<Kernel> {
  const image = resolve(own.image);
  const bytes = await readFile(image).catch((cause: unknown) => {
    throw new AegisError('BAD_ARGUMENT', `cannot read kernel ${image}: ${messageOf(cause)}`, { cause });
  });
  const release = bzImageRelease(bytes, image);
  const modules = await modulesFolder(resolve(own.modules), release);
  const digest = await digestFile(image);
  const stamp = await digestTree(modules, options.signal);
  const entry = await obtain<KernelMeta>(
    {
      path: join('own-kernels', digest.slice(0, 32)),
      recipe: `${layout} ${digest} ${stamp}`,
      make: async (folder) => {
        await removeUnused('own-kernels', keptDays);
        options.onProgress(`kernel ${release}: making its disks`);
        await assemble({ image, modules }, release, folder, options);
        return { release, packages: [] };
      },
    },
    options,
  );
  return kernelOf(image, entry);
}

function kernelOf(name: string, { folder, meta, digests }: Entry<KernelMeta>): Kernel {
  return {
    name,
    ...meta,
    image: join(folder, 'vmlinuz'),
    initramfs: join(folder, 'initramfs'),
    modulesDisk: join(folder, 'modules.ext4'),
    digest: digests['vmlinuz'] ?? '',
  };
}

/** Downloads and unpacks the newest version that the mirror gives out. */
async function fetchFirst(
  apt: PrivateApt,
  name: string,
  found: readonly KernelCandidate[],
  work: string,
  options: CacheOptions,
): Promise<KernelCandidate> {
  let refusal: AegisError | undefined;
  for (const candidate of found.slice(0, maxTries)) {
    const packages = join(work, 'packages');
    await mkdir(packages);
    options.onProgress(`kernel ${name}: downloading ${candidate.release}`);
    try {
      await apt.download(candidate.packages, packages);
    } catch (error) {
      // A mirror may refuse one version and give out the one before; anything else would fail again as well.
      if (!(error instanceof AegisError) || !/\b(403|404|410)\b/.test(error.detail ?? '')) throw error;
      options.onProgress(`kernel ${name}: the mirror refuses ${candidate.release}`);
      refusal = error;
      await rm(packages, { recursive: true });
      continue;
    }
    await unpack(candidate, packages, join(work, 'tree'), options.signal);
    return candidate;
  }
  if (refusal) throw refusal;
  throw new AegisError(
    'FETCH_FAILED',
    `cannot find kernel ${name}: no suite of the mirror has a package of it`,
    {
      wayOut: 'Check that the mirror carries the Debian suites of src/vm/catalogue.ts.',
    },
  );
}

async function unpack(
  candidate: KernelCandidate,
  packages: string,
  tree: string,
  signal: AbortSignal,
): Promise<void> {
  const files = await readdir(packages);
  for (const { name, sha256 } of candidate.packages) {
    const file = files.find((each) => each.startsWith(`${name}_`) && each.endsWith('.deb'));
    const path = join(packages, file ?? name);
    if (!file || (await digestFile(path)) !== sha256)
      throw new AegisError(
        'FETCH_FAILED',
        `cannot use package ${name}: it is not the one the archive signed`,
      );
    await runTool(`unpack ${name}`, ['dpkg-deb', '--extract', path, tree], { signal });
  }
}

/** Puts image, initramfs and modules disk of one kernel into the entry's folder. */
async function assemble(
  source: OwnKernel,
  release: string,
  folder: string,
  options: CacheOptions,
): Promise<void> {
  const stage = join(folder, 'stage');
  const modules = join(stage, 'modules', release);
  await mkdir(join(stage, 'modules'), { recursive: true });
  await cp(source.image, join(folder, 'vmlinuz'));
  await cp(source.modules, modules, {
    recursive: true,
    verbatimSymlinks: true,
    // A kernel's own build and source links lead out of the tree, and its image is not a module.
    filter: (path) => !/\/(build|source|vmlinuz)$/.test(path),
  });
  await runDepmod(stage, modules, release, options.signal);
  const modulesDep = await readFile(join(modules, 'modules.dep'), 'utf8');
  await writeInitramfs(
    modules,
    modulesDep,
    join(folder, 'initramfs'),
    join(stage, 'initramfs'),
    options.signal,
  );
  await makeDisk(join(stage, 'modules'), join(folder, 'modules.ext4'), 0, options.signal);
  await rm(stage, { recursive: true });
}

/** depmod wants lib/modules below its base; the stage has the modules at its top. */
async function runDepmod(
  stage: string,
  modules: string,
  release: string,
  signal: AbortSignal,
): Promise<void> {
  const base = join(stage, 'depmod');
  await mkdir(join(base, 'lib'), { recursive: true });
  await runTool('link the modules', ['ln', '-s', join(stage, 'modules'), join(base, 'lib', 'modules')], {
    signal,
  });
  const files = await readdir(modules);
  // Packages that carry no list of built-in modules make depmod warn; an empty list says the same.
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'])
    if (!files.includes(name)) await runTool(`make ${name}`, ['touch', join(modules, name)], { signal });
  await runTool(`order the modules of kernel ${release}`, ['depmod', '-b', base, release], {
    signal,
    wayOut: 'Install the package kmod.',
  });
}

async function packagedImage(tree: string, release: string): Promise<string> {
  const places = [
    join(tree, 'boot', `vmlinuz-${release}`),
    join(tree, 'usr/lib/modules', release, 'vmlinuz'),
  ];
  return firstExisting(places, `the image of kernel ${release}`);
}

async function packagedModules(tree: string, release: string): Promise<string> {
  const places = ['usr/lib/modules', 'lib/modules'].map((place) => join(tree, place, release));
  return firstExisting(places, `the modules of kernel ${release}`);
}

async function firstExisting(paths: readonly string[], what: string): Promise<string> {
  for (const path of paths) {
    const parent: string[] = await readdir(join(path, '..')).catch(() => []);
    if (parent.includes(path.slice(path.lastIndexOf('/') + 1))) return path;
  }
  throw new AegisError('FETCH_FAILED', `cannot find ${what} in its packages: they are laid out in a new way`);
}

/** A cheap identity of a module tree: names, sizes and times of its files. */
async function digestTree(folder: string, signal: AbortSignal): Promise<string> {
  const list = await runTool(`list ${folder}`, ['find', folder, '-type', 'f', '-printf', '%P %s %T@\\n'], {
    signal,
  });
  return createHash('sha256').update(list.toString('utf8').split('\n').sort().join('\n')).digest('hex');
}
