import { prepareBuildDisk } from './build-disk.js';
import type { CacheOptions } from './cache.js';
import { kernelNames, kernelSource } from './catalogue.js';
import { prepareHostDisk } from './host-disk.js';
import { prepareImage } from './image.js';
import { prepareKernel, type Kernel } from './kernel.js';
import { qemuVersion } from './qemu.js';

export interface PrepareOptions extends CacheOptions {
  /** Names of the catalogue; all of them when left out. */
  readonly kernels?: readonly string[];
}

/**
 * Fetches and makes everything that boots with these kernels need, so that later runs neither wait nor fetch. What is in
 * the cache and intact is left as it is.
 * @throws AegisError UNKNOWN_KERNEL before anything is fetched; FETCH_FAILED and those of the cache
 */
export async function prepareLane(options: PrepareOptions): Promise<readonly Kernel[]> {
  const names = options.kernels && options.kernels.length > 0 ? options.kernels : kernelNames;
  for (const name of names) kernelSource(name);
  await qemuVersion(options.signal);
  await prepareImage(options);
  const kernels: Kernel[] = [];
  for (const name of names) kernels.push(await prepareKernel(name, options));
  await prepareHostDisk(options);
  await prepareBuildDisk(options);
  return kernels;
}
