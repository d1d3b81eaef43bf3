import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of compiled code this very file is in: `dist` as the tests run it, `lib` as it is shipped. */
export const codeRoot = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The folder of package.json. */
export const packageRoot = join(codeRoot, '..');

/** Where the native build puts its programs. */
export const nativeBin = join(packageRoot, 'build', 'bin');
