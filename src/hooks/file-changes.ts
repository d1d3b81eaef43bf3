import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AegisError, messageOf } from '../errors.js';

/** Tells of changes to a file by watching its folder, so that a file not yet there, or replaced, is noticed, too. */
export class FileChanges {
  private readonly watcher;
  private pending = false;
  private wake: (() => void) | undefined;

  constructor(path: string, signal: AbortSignal | undefined) {
    try {
      this.watcher = watch(dirname(path), (_event, name) => {
        if (name === null || name === basename(path)) this.notify();
      });
    } catch (error) {
      throw new AegisError('LEDGER_UNREADABLE', `cannot follow ${path}: ${messageOf(error)}`, {
        wayOut: 'Make its folder, or name the file with AEGIS_LEDGER.',
        cause: error,
      });
    }
    signal?.addEventListener('abort', () => this.notify(), { once: true });
    if (signal?.aborted) this.notify();
  }

  /** Resolves at the next change after this call, or since the last one that was waited for. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.pending) {
        this.pending = false;
        resolve();
      } else {
        this.wake = resolve;
      }
    });
  }

  close(): void {
    this.watcher.close();
  }

  private notify(): void {
    if (this.wake) {
      this.wake();
      this.wake = undefined;
    } else {
      this.pending = true;
    }
  }
}
