import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Reads a whole file that decides what runs: a plain file, no link at its end, of this user (or root, or the user
 * that `sudo` was called by), that nobody else may write. Throws an `Error` whose message is a clause without the path.
 */
export async function readOwnedFile(
  path: string,
  limitBytes: number,
): Promise<{ content: Buffer; stats: Stats }> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    throw Object.assign(new Error(explainOpen(error), { cause: error }), {
      code: (error as NodeJS.ErrnoException).code,
    });
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw new Error('it is a directory');
    if (!stats.isFile()) throw new Error('it is not a plain file');
    refuseOthers(stats);
    if (stats.size > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`);
    const content = await file.readFile();
    if (content.length > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`);
    return { content, stats };
  } finally {
    await file.close();
  }
}

/** Refuses folders, from the file's up to `root`, in which others could put another file in its place. */
export async function refuseOpenFolders(path: string, root: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stats = await stat(folder);
    if ((stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0)
      throw new Error(`anybody may write its folder ${folder}`);
    if (folder === root || folder === dirname(folder)) return;
  }
}

function refuseOthers(stats: Stats): void {
  const own = new Set([0, process.geteuid?.() ?? 0]);
  // Set by sudo itself: its caller's files are as good as the caller's word.
  if (process.geteuid?.() === 0 && process.env['SUDO_UID']) own.add(Number(process.env['SUDO_UID']));
  if (!own.has(stats.uid)) throw new Error(`it belongs to another user (uid ${stats.uid})`);
  if ((stats.mode & 0o002) !== 0) throw new Error('anybody may write it');
}

function explainOpen(error: unknown): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    ENOTDIR: 'it does not exist',
    ELOOP: 'it is a symbolic link',
    EACCES: 'this user may not read it',
  };
  return known[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
}
