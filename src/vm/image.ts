import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { obtain, removeUnused, type CacheOptions } from './cache.js';
import { makeDisk } from './disk.js';
import { addGuestFiles, guestFilesDigest } from './guest-files.js';
import { AegisError } from '../errors.js';
import { findMirrors, keyring, transportOptions } from './mirror.js';
import { runTool } from './tool.js';

/** The guest's root disk, ready to boot. */
export interface RootImage {
  readonly path: string;
  /** sha256 of the disk image. */
  readonly digest: string;
  /** What is installed: `name version`, one a line. */
  readonly packages: readonly string[];
}

interface ImageMeta {
  readonly packages: readonly string[];
}

const suite = 'trixie';
const packages = ['systemd', 'systemd-sysv', 'dbus', 'udev', 'kmod', 'iproute2', 'procps'];
/** Room for what a proof writes, in MiB. */
const freeMiB = 512;
const keptDays = 14;

/**
 * The root of every guest: a small Debian with systemd. It is never written to: each boot has a throw-away overlay.
 * @throws AegisError FETCH_FAILED when the mirror cannot be reached or refuses a package
 */
export async function prepareImage(options: CacheOptions): Promise<RootImage> {
  const recipe = { layout: 1, suite, packages, freeMiB, files: guestFilesDigest() };
  const entry = await obtain<ImageMeta>(
    {
      path: join('images', suite),
      recipe: JSON.stringify(recipe),
      make: async (folder) => {
        await removeUnused('images', keptDays);
        const root = join(folder, 'root');
        await install(root, options);
        await addGuestFiles(root);
        options.onProgress('guest image: making its disk');
        const installed = await installedPackages(root);
        await makeDisk(root, join(folder, 'root.ext4'), freeMiB, options.signal);
        await rm(root, { recursive: true });
        return { packages: installed };
      },
    },
    options,
  );
  return {
    path: join(entry.folder, 'root.ext4'),
    digest: entry.digests['root.ext4'] ?? '',
    packages: entry.meta.packages,
  };
}

async function install(root: string, { signal, onProgress }: CacheOptions): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new AegisError(
      'COMMAND_FAILED',
      "cannot make the guest's disk: installing its packages takes root",
      {
        wayOut: 'Run `npm run setup`, which asks for it; booting guests takes none.',
      },
    );
  const mirrors = await findMirrors(signal);
  const transport = await transportOptions(signal);
  await mkdir(root);
  onProgress('guest image: installing Debian');
  const argv = [
    'mmdebstrap',
    // The other modes leave files of shifted or made-up owners, and the disk is made from the files as they are.
    '--mode=root',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    `--keyring=${keyring}`,
    ...transport.map((line) => `--aptopt=${line}`),
    // Manual pages and translations are most of the bytes a guest never reads.
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    suite,
    root,
    `deb [arch=amd64] ${mirrors.main} ${suite} main`,
  ];
  await runTool('install Debian for the guest', argv, {
    signal,
    code: 'FETCH_FAILED',
    wayOut:
      "Check the network, the proxy and the mirrors in the machine's apt configuration, then run it again.",
    onLine: (line) => {
      if (line.startsWith('I: ')) onProgress(`guest image: ${line.slice(3)}`);
    },
  });
}

async function installedPackages(root: string): Promise<string[]> {
  const status = await readFile(join(root, 'var/lib/dpkg/status'), 'utf8');
  return status
    .split('\n\n')
    .flatMap((paragraph) => {
      const name = /^Package: (.*)$/m.exec(paragraph)?.[1];
      const version = /^Version: (.*)$/m.exec(paragraph)?.[1];
      return name && version ? [`${name} ${version}`] : [];
    })
    .sort();
}
