import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotTried } from '../kit.js';
import type { Place } from './place.js';

/** New files until one has the number of the old; ext4 takes the lowest number that is free. */
const attempts = 64;

/**
 * Removes the denied file from outside and puts a new one with the same inode number in its place, with a secret of its
 * own: another file, which no rule means. Throws `NotTried` where the file system gives out no number again.
 */
export function reuseNumber(place: Place): Place {
  const { ino } = lstatSync(place.secretPath);
  const secret = `secret-${randomBytes(16).toString('hex')}`;
  unlinkSync(place.secretPath);
  for (let i = 0; i < attempts; i++) {
    const path = join(place.folder, `new-${i}`);
    writeFileSync(path, `${secret}\n`, { mode: 0o600 });
    if (lstatSync(path).ino !== ino) continue;
    renameSync(path, place.secretPath);
    return { ...place, secret };
  }
  throw new NotTried(`none of ${attempts} new files got the number ${ino}`);
}
