import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COULD_NOT, SetupError } from './error.mjs';
import { missingPackages } from './packages.mjs';
import { runTool } from './run-tool.mjs';
import { readSystem } from './system.mjs';

/** sudo forgets these; package mirrors behind a proxy need them. */
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'];

/** @returns {import('./steps.mjs').Step} the system packages; asked of dpkg each time, which is quick enough */
export function packagesStep() {
  const system = readSystem();
  return {
    title: 'system packages',
    isDone: async () => (await missingPackages(system)).length === 0,
    run: async (progress) => {
      const missing = await missingPackages(system);
      const prefix = rootPrefix(missing);
      progress.line(`    installing ${missing.join(' ')}`);
      const script = fileURLToPath(new URL('install-packages.mjs', import.meta.url));
      const [command, ...args] = [...prefix, process.execPath, script];
      const { code, tail } = await runTool(command, args, {
        onLine: (line) => progress.note(line),
        input: 'inherit',
      });
      if (code !== 0) throw installError(code, tail);
    },
  };
}

/** @returns {string[]} what to put before a command so that it runs as root */
function rootPrefix(missing) {
  if (process.getuid() === 0) return [];
  const proxies = PROXY_VARIABLES.filter((name) => process.env[name]).map(
    (name) => `${name}=${process.env[name]}`,
  );
  const withoutAsking = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  if (withoutAsking) return ['sudo', '-n', 'env', ...proxies];
  // Asks for the password now, on the terminal, and not in the middle of the output below.
  const isAllowed = process.stdin.isTTY && spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0;
  if (isAllowed) return ['sudo', 'env', ...proxies];
  throw new SetupError(
    `cannot install system packages: neither root nor sudo. Missing:\n  ${missing.join('\n  ')}\n` +
      'set-up: an administrator can install them from this folder with\n' +
      `  ${process.execPath} setup/install-packages.mjs\n` +
      'set-up: after that, run this again',
  );
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
