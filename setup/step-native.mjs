import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './error.mjs';
import { mustRun } from './run-tool.mjs';
import { fingerprint, Stamp } from './stamp.mjs';

/** What everything else relies on; the Makefile makes more. */
const OUTPUTS = [
  'build/bin/aegis-agent',
  'build/bin/aegis-guest',
  'build/bpf/aegis.bpf.o',
  'build/Release/aegis.node',
  `prebuilds/linux-${process.arch}/aegis-cli.glibc.node`,
];

/**
 * Compiles the BPF programs, the agent and the guest's channel program into build/.
 * @param {string} root
 * @returns {import('./steps.mjs').Step}
 */
export function nativeStep(root) {
  const stamp = new Stamp(join(root, 'build', '.aegis-setup'));
  const key = () =>
    fingerprint(
      root,
      ['native', 'bpf', 'package.json', 'package-lock.json'],
      [process.env.CLANG ?? '', process.env.CXX ?? ''],
    );
  return {
    title: 'native programs',
    isDone: async () => stamp.matches(key()) && OUTPUTS.every((file) => existsSync(join(root, file))),
    run: async (progress) => {
      stamp.remove();
      const built = key();
      const args = ['-C', join(root, 'native'), `-j${availableParallelism()}`];
      const output = await mustRun('build the native programs', 'Mend the errors above.', 'make', args, {
        cwd: root,
        onLine: (line) => progress.note(line),
      });
      const absent = OUTPUTS.filter((file) => !existsSync(join(root, file)));
      if (absent.length > 0)
        throw new SetupError(`cannot build ${absent.join(' ')}: make ended well, yet it is not there`, {
          detail: output,
          wayOut: 'See the lines above.',
        });
      stamp.write(built);
    },
  };
}
