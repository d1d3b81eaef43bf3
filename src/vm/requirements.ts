import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { feltRequirement, type Requirement } from '../posture/requirement.js';
import { AegisError, messageOf } from '../errors.js';
import { cacheRoot, inCache, makeCacheFolder } from './cache.js';
import { keyring } from './mirror.js';
import { oldestQemu, qemuVersion } from './qemu.js';

/** The system's programs the lane starts, with the Debian package of each. */
const tools: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  cpio: 'cpio',
  depmod: 'kmod',
  'dpkg-deb': 'dpkg',
  du: 'coreutils',
  find: 'findutils',
  flock: 'util-linux',
  ldd: 'libc-bin',
  mke2fs: 'e2fsprogs',
  mmdebstrap: 'mmdebstrap',
  setpriv: 'util-linux',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/** Files the lane reads, with the Debian package of each. */
const files: Readonly<Record<string, string>> = {
  '/bin/busybox': 'busybox-static',
  [keyring]: 'debian-archive-keyring',
};

/** What the embedded lane needs of this machine, each with what is missing and how to get it. Nothing is changed. */
export async function laneRequirements(): Promise<Requirement[]> {
  const missing = (
    await Promise.all([...Object.entries(tools).map(missingTool), ...Object.entries(files).map(missingFile)])
  ).flat();
  return [await qemuRequirement(), toolsRequirement(missing), await cacheRequirement()];
}

async function qemuRequirement(): Promise<Requirement> {
  const name = `QEMU ${oldestQemu} or newer`;
  try {
    await qemuVersion(new AbortController().signal);
    return { name, met: true };
  } catch (error) {
    const wayOut = error instanceof AegisError ? error.wayOut : undefined;
    return { name, met: false, reason: messageOf(error), ...(wayOut === undefined ? {} : { wayOut }) };
  }
}

function toolsRequirement(missing: readonly { what: string; package: string }[]): Requirement {
  const name = 'tools that make guests';
  if (missing.length === 0) return { name, met: true };
  const packages = [...new Set(missing.map((each) => each.package))].sort();
  return {
    name,
    met: false,
    reason: `${missing.map(({ what }) => what).join(', ')} missing`,
    wayOut: `Run \`npm run setup\`, or install ${packages.join(' ')}.`,
  };
}

async function cacheRequirement(): Promise<Requirement> {
  const wayOut = 'Check who owns the folder, or point XDG_CACHE_HOME at one of your own.';
  return await feltRequirement('a writable cache', wayOut, async () => {
    await makeCacheFolder(cacheRoot());
    await inCache(() => access(cacheRoot(), constants.W_OK));
  });
}

async function missingTool([tool, packageName]: [string, string]): Promise<
  { what: string; package: string }[]
> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder && (await isUsable(join(folder, tool), constants.X_OK))) return [];
  }
  return [{ what: tool, package: packageName }];
}

async function missingFile([file, packageName]: [string, string]): Promise<
  { what: string; package: string }[]
> {
  return (await isUsable(file, constants.R_OK)) ? [] : [{ what: file, package: packageName }];
}

async function isUsable(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
