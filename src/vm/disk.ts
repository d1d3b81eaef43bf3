import { stat } from 'node:fs/promises';
import { runTool } from './tool.js';
import { AegisError } from '../errors.js';

const mebibyte = 1024 * 1024;

/**
 * Makes an ext4 disk image from a folder, without mounting anything and without root.
 * @param freeMiB room for what the guest writes; 0 for a disk it only reads
 */
export async function makeDisk(
  folder: string,
  image: string,
  freeMiB: number,
  signal: AbortSignal,
): Promise<void> {
  const size = (await usedMiB(folder, signal)) + freeMiB;
  const journal = freeMiB > 0 ? ['-O', '^metadata_csum'] : ['-O', '^has_journal,^metadata_csum'];
  // Nobody checks this disk, and it is thrown away: no reserved blocks, all tables written at once.
  const options = [
    '-t',
    'ext4',
    '-q',
    '-F',
    '-m',
    '0',
    '-E',
    'lazy_itable_init=0,root_owner=0:0',
    ...journal,
  ];
  await runTool(`make the disk image ${image}`, ['mke2fs', ...options, '-d', folder, image, `${size}M`], {
    signal,
  });
  if ((await stat(image)).size !== size * mebibyte)
    throw new AegisError('DISK_FULL', `cannot make the disk image ${image}: it is incomplete`);
}

/** What the folder's files take as a file system, with room for its own tables. */
async function usedMiB(folder: string, signal: AbortSignal): Promise<number> {
  const output = await runTool(`measure ${folder}`, ['du', '--summarize', '--block-size=1M', folder], {
    signal,
  });
  const used = Number.parseInt(output.toString('utf8'), 10) || 0;
  return Math.ceil(used * 1.1) + 16;
}
