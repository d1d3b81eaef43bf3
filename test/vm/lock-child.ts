/** A process of its own that takes a lock and keeps it until it is killed. Usage: lock-child.js PATH */
import { withLock } from '../../src/vm/lock.js';

await withLock(process.argv[2] ?? '', { signal: new AbortController().signal }, async () => {
  process.stdout.write('held\n');
  await new Promise((resolve) => setTimeout(resolve, 1e9));
});
