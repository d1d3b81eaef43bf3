import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: this file stands two folders below it once compiled (dist/src/paths.js). */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where the native build puts its programs. */
export const nativeBin = join(packageRoot, 'build', 'bin');
