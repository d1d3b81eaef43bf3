import { readFileSync } from 'node:fs';

/**
 * @typedef {object} System
 * @property {string} id `debian`, `ubuntu`, ...
 * @property {string} codename `bookworm`, `trixie`, `noble`, ...; empty when the system has none
 * @property {string} name for people
 */

/**
 * Which distribution this is, by os-release(5).
 * @param {string} [file]
 * @returns {System}
 */
export function readSystem(file = '/etc/os-release') {
  const fields = new Map();
  for (const line of read(file).split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (key) fields.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return {
    id: fields.get('ID') ?? 'unknown',
    codename: fields.get('VERSION_CODENAME') ?? '',
    name: fields.get('PRETTY_NAME') ?? 'an unknown system',
  };
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
