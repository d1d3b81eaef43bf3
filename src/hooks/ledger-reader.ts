import { open, type FileHandle } from 'node:fs/promises';
import { AegisError, messageOf } from '../errors.js';
import type { LedgerEvent } from './event.js';
import { FileChanges } from './file-changes.js';
import { LineSplitter } from './line-splitter.js';
import { violations } from './schema.js';

/** One line of a ledger: an event, or why it is none. */
export type LedgerLine =
  { readonly line: number; readonly event: LedgerEvent } | { readonly line: number; readonly flaw: string };

/**
 * Reads a ledger line by line, each held against the schema, in bounded memory. A line that an interrupted write left
 * torn comes out as a flaw, and reading goes on behind it. With `follow` it ends only when the signal is aborted, and
 * goes on with a file that took the old one's place. Throws `LEDGER_UNREADABLE`.
 */
export async function* readLedger(
  path: string,
  options: { follow?: boolean; signal?: AbortSignal } = {},
): AsyncGenerator<LedgerLine> {
  const changes = options.follow ? new FileChanges(path, options.signal) : undefined;
  let file: FileHandle | undefined;
  try {
    const lines = new LineSplitter();
    let inode: number | undefined;
    let offset = 0;
    for (;;) {
      const changed = changes?.next();
      file ??= await openLedger(path, options.follow ?? false);
      if (file) {
        inode ??= (await file.stat()).ino;
        for await (const chunk of chunksFrom(file, offset)) {
          offset += chunk.length;
          for (const [line, text] of lines.take(chunk)) yield await judge(line, text);
        }
      }
      if (!changed) break;
      await changed;
      if (options.signal?.aborted) break;
      if (file && (await wasReplaced(path, inode, file, offset))) {
        await file.close();
        file = undefined;
        inode = undefined;
        offset = 0;
        lines.reset();
      }
    }
    const rest = lines.rest();
    if (rest && !options.follow) yield { line: rest[0], flaw: 'the last line is torn' };
  } finally {
    await file?.close();
    changes?.close();
  }
}

async function openLedger(path: string, mayBeMissing: boolean): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Error('it is not a plain file');
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AegisError('LEDGER_UNREADABLE', `cannot read the ledger ${path}: ${messageOf(error)}`, {
      wayOut: 'Run a command first, or name the file with AEGIS_LEDGER.',
      cause: error,
    });
  }
}

async function* chunksFrom(file: FileHandle, from: number): AsyncGenerator<Buffer> {
  for (let at = from; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** True when another file stands at the path, or this one became shorter than what was read of it. */
async function wasReplaced(
  path: string,
  inode: number | undefined,
  file: FileHandle,
  offset: number,
): Promise<boolean> {
  const now = await openLedger(path, true);
  try {
    return !now || (await now.stat()).ino !== inode || (await file.stat()).size < offset;
  } finally {
    await now?.close();
  }
}

async function judge(line: number, text: string | undefined): Promise<LedgerLine> {
  if (text === undefined) return { line, flaw: 'it is too long' };
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return { line, flaw: 'it is not JSON (a torn write)' };
  }
  const [wrong] = await violations('ledger-event', event);
  if (wrong) return { line, flaw: `${wrong.pointer || '/'} ${wrong.message}` };
  return { line, event: event as LedgerEvent };
}
