import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { AegisError, messageOf } from '../errors.js';
import type { LedgerEvent } from './event.js';
import { makeFolders } from '../folders.js';

/** Where events go: `AEGIS_LEDGER`, else `$XDG_STATE_HOME/aegis/ledger.jsonl` (XDG Base Directory Specification). */
export function ledgerPath(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['AEGIS_LEDGER'];
  if (named) return resolve(named);
  const state = env['XDG_STATE_HOME'];
  const base = state && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return join(base, 'aegis', 'ledger.jsonl');
}

/** Takes events; every failure is thrown and is the caller's to keep apart from the invocation. */
export interface EventSink {
  append(event: LedgerEvent): void;
  close(): void;
}

/**
 * An append-only file of JSON lines that several runs may write at once. Each event is one write(2) to a descriptor
 * opened with O_APPEND, which Linux file systems keep in one piece; writes are synchronous, so that an event is in
 * the file even when the process dies right after. It survives a crash of the process, not of the machine (no fsync).
 */
export class Ledger implements EventSink {
  private constructor(
    readonly path: string,
    private readonly descriptor: number,
  ) {}

  /**
   * Opens or makes the ledger (mode 0600, its folder 0700). Refuses what is not a plain file of this user: links,
   * devices, another user's file. Throws `LEDGER_UNWRITABLE`.
   */
  static open(path: string): Ledger {
    let descriptor: number | undefined;
    try {
      makeFolders(dirname(path));
      const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
      descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new Error('it is not a plain file');
      if (stat.uid !== process.geteuid?.()) throw new Error('it belongs to another user');
      if (stat.nlink !== 1) throw new Error('it has another name (a hard link)');
      return new Ledger(path, descriptor);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw unwritable(path, error);
    }
  }

  /** Appends one line. A last line that an interrupted write left torn is closed first, so that only it is lost. */
  append(event: LedgerEvent): void {
    const line = Buffer.from(`${this.endsTorn() ? '\n' : ''}${JSON.stringify(event)}\n`);
    let written;
    try {
      written = writeSync(this.descriptor, line);
    } catch (error) {
      throw unwritable(this.path, error);
    }
    // The rest is not written after it: another run may have appended in between.
    if (written !== line.length)
      throw unwritable(this.path, new Error(`only ${written} of ${line.length} bytes fitted`));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private endsTorn(): boolean {
    try {
      const { size } = fstatSync(this.descriptor);
      if (size === 0) return false;
      const last = Buffer.alloc(1);
      return readSync(this.descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
    } catch (error) {
      throw unwritable(this.path, error);
    }
  }
}

function unwritable(path: string, cause: unknown): AegisError {
  return new AegisError('LEDGER_UNWRITABLE', `cannot write the ledger ${path}: ${messageOf(cause)}`, {
    wayOut: 'Make it writable for this user, or name another file with AEGIS_LEDGER.',
    cause,
  });
}
