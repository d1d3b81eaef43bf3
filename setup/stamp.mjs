import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.mjs';

/**
 * Digest of everything a step depends on. By content, not by time: a fresh clone or a switched branch has new times.
 * @param {string} root
 * @param {string[]} inputs files and folders below root; what is missing counts as missing
 * @param {string[]} facts other things the step depends on, such as versions
 * @returns {string} hexadecimal
 */
export function fingerprint(root, inputs, facts = []) {
  const hash = createHash('sha256');
  const add = (path) => {
    const full = join(root, path);
    const entries = readEntries(full);
    if (entries === undefined)
      hash.update(`file ${path}\0`).update(existsSync(full) ? readFileSync(full) : 'missing');
    else for (const name of entries) add(`${path}/${name}`);
    hash.update('\0');
  };
  for (const input of inputs) add(input);
  for (const fact of facts) hash.update(`fact ${fact}\0`);
  return hash.digest('hex');
}

/** @returns {string[] | undefined} the sorted names in a folder; undefined when it is none */
function readEntries(path) {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (error.code === 'ENOTDIR' || error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Says that a step was finished for one fingerprint; kept beside what the step made, so that both go together. */
export class Stamp {
  /** @param {string} file */
  constructor(file) {
    this.file = file;
  }

  /** @param {string} key a fingerprint */
  matches(key) {
    try {
      return readFileSync(this.file, 'utf8') === `${key}\n`;
    } catch {
      return false;
    }
  }

  /** Before the work starts: an interrupted step must not look finished. */
  remove() {
    rmSync(this.file, { force: true });
  }

  /** @param {string} key */
  write(key) {
    makeFolder(dirname(this.file));
    const partial = `${this.file}.${process.pid}`;
    writeFileSync(partial, `${key}\n`);
    renameSync(partial, this.file);
  }
}
