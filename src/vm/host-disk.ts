import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AegisError } from '../errors.js';
import { obtain, removeUnused, type CacheOptions } from './cache.js';
import { makeDisk } from './disk.js';
import { runTool } from './tool.js';

/** The guest's C library; programs of the host run in the guest unless they need a newer one. */
const guestGlibcMinor = 41;
/** What the guest's base system brings itself; the guest's own are used, so that loader and C library match. */
const guestLibraries =
  /^(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libz|libcrypto|libssl)\.so/;
const keptDays = 30;

/**
 * The disk with this process's own node and the libraries it needs beyond the guest's: the guest runs the build under
 * test with the very runtime it was started with here.
 * @throws AegisError BUILD_MISSING when this node cannot run in the guest
 */
export async function prepareHostDisk(options: CacheOptions): Promise<string> {
  const node = await realpath(process.execPath);
  const { size, mtimeNs } = await stat(node, { bigint: true });
  const identity = `host-1 ${node} ${size} ${mtimeNs} ${process.version}`;
  await removeUnused('host', keptDays);
  const entry = await obtain<null>(
    {
      path: join('host', createHash('sha256').update(identity).digest('hex').slice(0, 32)),
      recipe: identity,
      make: async (folder) => {
        options.onProgress(`packing node ${process.version}`);
        await assertRunsInGuest(node);
        const stage = join(folder, 'stage');
        for (const name of ['bin', 'lib']) await mkdir(join(stage, name), { recursive: true });
        await copyFile(node, join(stage, 'bin', 'node'));
        await chmod(join(stage, 'bin', 'node'), 0o755);
        for (const library of await librariesOf(node, options.signal))
          await copyFile(library, join(stage, 'lib', basename(library)));
        await makeDisk(stage, join(folder, 'host.ext4'), 0, options.signal);
        await rm(stage, { recursive: true });
        return null;
      },
    },
    options,
  );
  return join(entry.folder, 'host.ext4');
}

async function assertRunsInGuest(node: string): Promise<void> {
  const text = (await readFile(node)).toString('latin1');
  const newest = Math.max(0, ...[...text.matchAll(/GLIBC_2\.(\d+)\0/g)].map(([, minor]) => Number(minor)));
  if (newest > guestGlibcMinor)
    throw new AegisError('BUILD_MISSING', `cannot use ${node} in the guest: it needs glibc 2.${newest}`, {
      wayOut: `Use a node that runs with glibc 2.${guestGlibcMinor}, such as the official build.`,
    });
}

/** Shared libraries of a program that the guest has not got, as the dynamic linker resolves them. */
async function librariesOf(program: string, signal: AbortSignal): Promise<string[]> {
  const output = await runTool(`list the libraries of ${program}`, ['ldd', program], { signal });
  const paths = [...output.toString('utf8').matchAll(/=> (\/\S+)/g)].flatMap(([, path]) => path ?? []);
  return paths.filter((path) => !guestLibraries.test(basename(path)));
}
