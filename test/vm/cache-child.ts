/** A process of its own that wants an entry of the cache. Usage: cache-child.js make|hang RECIPE */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { obtain } from '../../src/vm/cache.js';

const [mode, recipe = ''] = process.argv.slice(2);
await obtain(
  {
    path: 'things/one',
    recipe,
    make: async (folder) => {
      writeFileSync(join(folder, 'data'), `contents of ${recipe}`);
      process.stdout.write('made\n');
      // Long enough for the others to arrive; for ever when this process is there to be killed.
      await new Promise((resolve) => setTimeout(resolve, mode === 'hang' ? 1e9 : 500));
      return null;
    },
  },
  { signal: new AbortController().signal, onProgress: () => undefined },
);
process.stdout.write('ready\n');
