import { fileURLToPath } from 'node:url';
import { rootPrefix } from './become-root.mjs';
import { COULD_NOT, SetupError } from './error.mjs';
import { missingPackages, QEMU } from './packages.mjs';
import { runTool } from './run-tool.mjs';
import { readSystem } from './system.mjs';

const installer = fileURLToPath(new URL('install-packages.mjs', import.meta.url));

/** @returns {import('./steps.mjs').Step} the system packages; asked of dpkg each time, which is quick enough */
export function packagesStep() {
  const system = readSystem();
  return {
    title: 'system packages',
    isDone: async () => (await missingPackages(system)).length === 0,
    run: async (progress) => {
      const missing = await missingPackages(system);
      const prefix = rootPrefix();
      if (prefix === undefined)
        throw new SetupError('cannot install system packages: this is neither root, nor may it use sudo', {
          detail: administratorsList(missing),
          wayOut: 'Have an administrator install what is listed above, then run this again.',
        });
      progress.line(`    installing ${missing.join(' ')}`);
      const [command, ...args] = [...prefix, process.execPath, installer];
      const { code, tail } = await runTool(command, args, {
        onLine: (line) => progress.note(line),
        input: 'inherit',
      });
      if (code !== 0) throw installError(code, tail);
    },
  };
}

/**
 * @param {string[]} missing
 * @returns {string} what is missing and the commands that install it
 */
function administratorsList(missing) {
  const others = missing.filter((name) => name !== QEMU.package);
  const commands = [];
  if (others.length > 0) commands.push(`apt-get install --no-install-recommends ${others.join(' ')}`);
  // Where the release's own QEMU is too old, apt-get alone would install that one.
  if (missing.includes(QEMU.package))
    commands.push(`${process.execPath} ${installer}   # ${QEMU.package} from version ${QEMU.oldest} on`);
  return [
    'Missing system packages:',
    ...missing.map((name) => `  ${name}`),
    'As root:',
    ...commands.map((command) => `  ${command}`),
  ].join('\n');
}

/** The installer's own last line says what went wrong and what to do; what came before is apt's output. */
function installError(code, tail) {
  const lines = tail.split('\n');
  const own = lines.filter((line) => line.startsWith('set-up: ')).at(-1);
  if (code !== COULD_NOT || own === undefined)
    return new SetupError(`cannot install system packages: the installer ended with exit code ${code}`, {
      detail: tail,
    });
  const detail = lines.filter((line) => line !== own).join('\n');
  return new SetupError(own.replace('set-up: ', '').replace(/\.$/, ''), { detail });
}
