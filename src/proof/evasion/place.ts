import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deniedProgram, type Way } from './catalogue.js';

/** What the program of the exec rows carries where the secret goes. */
const placeholder = `secret-${'0'.repeat(32)}`;

/** The state of a file that a way may destroy: any difference is an effect. */
export type FileState = Readonly<
  { there: false } | { there: true; ino: number; links: number; size: number; content: string }
>;

/** The folder of one way: its file with a secret of its own, and an innocent file beside it. */
export interface Place {
  readonly way: Way;
  readonly folder: string;
  readonly secretPath: string;
  readonly secret: string;
}

/** Makes a folder for each way below `parent`, each with a fresh secret. Synchronous: hundreds of small files. */
export function makePlaces(parent: string, ways: readonly Way[]): readonly Place[] {
  mkdirSync(parent, { mode: 0o700 });
  let program: Buffer | undefined;
  return ways.map((way) => {
    const folder = join(parent, way.name);
    const secretPath = join(folder, 'secret');
    const secret = `secret-${randomBytes(16).toString('hex')}`;
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'innocent'), 'innocent\n', { mode: 0o600 });
    if (way.effect === 'runs') {
      program ??= readFileSync(deniedProgram);
      writeFileSync(secretPath, withSecret(program, secret), { mode: 0o700 });
    } else {
      writeFileSync(secretPath, `${secret}\n`, { mode: 0o600 });
    }
    return { way, folder, secretPath, secret };
  });
}

function withSecret(program: Buffer, secret: string): Buffer {
  const at = program.indexOf(placeholder);
  if (at < 0) throw new Error(`cannot put a secret into ${deniedProgram}: its placeholder is not there`);
  const copy = Buffer.from(program);
  copy.write(secret, at, 'latin1');
  return copy;
}

/** The file as somebody outside the scope sees it now. */
export function stateOf(place: Place): FileState {
  try {
    const { ino, nlink: links, size } = lstatSync(place.secretPath);
    return { there: true, ino, links, size, content: readFileSync(place.secretPath, 'latin1') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { there: false };
    throw error;
  }
}
