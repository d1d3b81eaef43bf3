import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AegisError } from '../errors.js';
import { runTool } from './tool.js';

/** What the initramfs has to load, where it is a module, to find the disks and the channel. */
const bootModules = ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4'];

/** The name the kernel knows a module file by: no folder, no suffix, and `-` is `_`. */
export function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.(xz|zst|gz))?$/, '')
    .replaceAll('-', '_');
}

/**
 * The module files to load for booting, each after those it depends on. What has no file is taken to be built in: the
 * initramfs checks the outcome.
 * @param modulesDep the text of modules.dep: `FILE: DEPENDENCY...`, paths relative to its folder
 */
export function loadOrder(modulesDep: string, wanted: readonly string[] = bootModules): string[] {
  const files = new Map<string, { file: string; needs: string[] }>();
  for (const line of modulesDep.split('\n')) {
    const [file, needs] = line.split(':', 2);
    if (file && needs !== undefined)
      files.set(moduleName(file), { file, needs: needs.trim().split(/\s+/).filter(Boolean) });
  }
  const order: string[] = [];
  const add = (name: string, path: readonly string[]) => {
    const module = files.get(name);
    if (!module || order.includes(module.file) || path.includes(name)) return;
    for (const need of module.needs) add(moduleName(need), [...path, name]);
    order.push(module.file);
  };
  for (const name of wanted) add(name, []);
  return order;
}

/** A module's bytes, decompressed: the initramfs' insmod and older kernels take no compressed ones. */
export async function readModule(path: string, signal: AbortSignal): Promise<Buffer> {
  const act = `decompress ${path}`;
  if (path.endsWith('.xz')) return runTool(act, ['xz', '--decompress', '--stdout', path], { signal });
  if (path.endsWith('.zst')) return runTool(act, ['zstd', '--decompress', '--stdout', path], { signal });
  const bytes = await readFile(path);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/**
 * The version string inside a bzImage: its boot header has "HdrS" at 0x202 and at 0x20e the string's offset less 0x200
 * (Documentation/arch/x86/boot.rst).
 * @throws AegisError BAD_ARGUMENT when it is no bzImage
 */
export function bzImageRelease(image: Buffer, path: string): string {
  const isImage = image.length > 0x210 && image.toString('latin1', 0x202, 0x206) === 'HdrS';
  const start = isImage ? image.readUInt16LE(0x20e) + 0x200 : image.length;
  const text = image.toString('latin1', start, start + 256);
  const release = /^[\w.+~-]+/.exec(text)?.[0];
  if (release) return release;
  throw new AegisError('BAD_ARGUMENT', `cannot boot ${path}: it is no x86 bzImage`, {
    wayOut: 'Give the file a kernel build leaves at arch/x86/boot/bzImage, or an installed /boot/vmlinuz-*.',
  });
}

/** What an installed module tree has beside its modules; any folder may have one named `kernel`. */
const moduleLists = ['modules.dep', 'modules.order', 'modules.builtin'];

/**
 * The folder of one kernel's modules: the given one when it holds their lists, else the one of that release below it.
 * @throws AegisError BAD_ARGUMENT when there is none
 */
export async function modulesFolder(given: string, release: string): Promise<string> {
  for (const folder of [given, join(given, release), join(given, 'lib', 'modules', release)]) {
    const names: string[] = await readdir(folder).catch(() => []);
    if (moduleLists.some((name) => names.includes(name))) return folder;
  }
  throw new AegisError('BAD_ARGUMENT', `cannot find the modules of kernel ${release} in ${given}`, {
    wayOut: `Give the folder that holds its modules.dep, such as /lib/modules/${release}.`,
  });
}
