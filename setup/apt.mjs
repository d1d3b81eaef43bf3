import { SetupError } from './error.mjs';
import { runTool } from './run-tool.mjs';

/** apt and its maintainer scripts must never ask: nobody may be there to answer. */
const QUIET = {
  DEBIAN_FRONTEND: 'noninteractive',
  NEEDRESTART_SUSPEND: '1',
  APT_LISTCHANGES_FRONTEND: 'none',
  LC_ALL: 'C.UTF-8',
};

/** Seconds to wait for another package manager. */
const LOCK_TIMEOUT = 600;

const WAYS_OUT = [
  [/Could not get lock/, 'Another package manager is at work; run this again when it has ended.'],
  [/No space left|enough free space/, 'Free some disk space and run this again.'],
  [
    /Temporary failure resolving|Could not resolve|Could not connect|Connection (timed out|refused)|Failed to fetch/,
    'Check the network and the mirrors in /etc/apt, then run this again.',
  ],
  [/NO_PUBKEY|not signed|EXPKEYSIG/, "Check the keys of the machine's package sources, then run this again."],
  [
    /Unable to locate package|has no installation candidate/,
    "The machine's package sources do not offer it; add the distribution's main archive (Ubuntu: universe, too).",
  ],
  [/held broken packages|unmet dependencies/, 'Settle it with "apt-get install -f", then run this again.'],
];

/**
 * Runs apt-get. Two set-ups on one machine wait for each other here, foreign package managers by apt's own lock.
 * @param {string[]} args
 * @param {(line: string) => void} onLine
 * @returns {Promise<string>} standard output
 * @throws {SetupError} one line with apt's own first error and the way out
 */
export async function aptGet(args, onLine) {
  const options = [
    '--quiet',
    '--assume-yes',
    '-o',
    `DPkg::Lock::Timeout=${LOCK_TIMEOUT}`,
    '-o',
    'Dpkg::Use-Pty=0',
  ];
  const { code, output, tail } = await runTool(
    'flock',
    ['/run/aegis-setup-apt.lock', 'apt-get', ...options, ...args],
    { env: { ...process.env, ...QUIET }, onLine },
  );
  if (code !== 0) throw aptError(args, tail);
  return output;
}

/**
 * Installs packages by name; never removes any, and never touches configuration files somebody has edited.
 * @param {string[]} names
 * @param {(line: string) => void} onLine
 * @param {string[]} [options] further apt options
 */
export function aptInstall(names, onLine, options = []) {
  const keep = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  const args = ['install', '--no-install-recommends', '--no-remove', ...keep, ...options, '--', ...names];
  return aptGet(args, onLine);
}

/** Finishes what an earlier, interrupted package installation left half done. */
export async function finishInterrupted(onLine) {
  const { output } = await runTool('dpkg', ['--audit']);
  if (output.trim() === '') return;
  const { code, tail } = await runTool('dpkg', ['--configure', '-a', '--force-confdef', '--force-confold'], {
    env: { ...process.env, ...QUIET },
    onLine,
  });
  if (code !== 0)
    throw new SetupError('cannot finish an earlier, interrupted package installation', {
      wayOut: 'Settle what "dpkg --audit" shows, then run this again.',
      detail: tail,
    });
}

function aptError(args, tail) {
  const act = args.includes('update') ? 'refresh the package lists' : 'install system packages';
  const lines = tail.split('\n');
  const first = lines.find((line) => line.startsWith('E:')) ?? lines.find((line) => line.startsWith('Err:'));
  const cause = (first ?? lines.at(-1) ?? 'no reason given').replace(/^E: |\.$/g, '');
  const [, wayOut = 'Run this again; if it stays, try the same with apt-get by hand.'] =
    WAYS_OUT.find(([pattern]) => pattern.test(tail)) ?? [];
  return new SetupError(`cannot ${act}: ${cause}`, { wayOut, detail: tail });
}
