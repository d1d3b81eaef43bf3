import { spawnSync } from 'node:child_process';

/** sudo forgets these; mirrors behind a proxy or a private certificate need them. */
const KEPT = [
  'http_proxy',
  'https_proxy',
  'ftp_proxy',
  'no_proxy',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
];

/**
 * What to put before a command so that it runs as root. May ask for the password, on the terminal and before the
 * command starts.
 * @param {Record<string, string>} [settings] further environment variables the command needs
 * @returns {string[] | undefined} undefined when this is neither root, nor may it use sudo
 */
export function rootPrefix(settings = {}) {
  const kept = KEPT.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
  const variables = [...kept, ...Object.entries(settings)].map(([name, value]) => `${name}=${value}`);
  if (process.getuid() === 0) return ['env', ...variables];
  const works = (args, stdio) => spawnSync('sudo', args, { stdio }).status === 0;
  if (works(['-n', 'true'], 'ignore')) return ['sudo', '-n', 'env', ...variables];
  if (process.stdin.isTTY && works(['-v'], 'inherit')) return ['sudo', 'env', ...variables];
  return undefined;
}
