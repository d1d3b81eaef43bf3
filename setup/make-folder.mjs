import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those it stands in. Node's own recursive mkdir never returns below a folder that answers ENOENT
 * although it is there, as /proc does (seen on Node 20).
 * @param {string} path
 * @throws the file system's own error
 */
export function makeFolder(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === 'EEXIST') return;
    if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path);
  }
}
