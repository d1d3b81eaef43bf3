import { AegisError } from '../errors.js';
import { runTool } from './tool.js';

/** Base URIs of the two Debian archives, without a trailing slash. */
export interface Mirrors {
  readonly main: string;
  /** Undefined when the machine has no security archive: older, unpatched kernels are taken then. */
  readonly security: string | undefined;
}

/** The keys Debian signs its archives with, as packaged. */
export const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The Debian mirrors this machine uses itself. `AEGIS_DEBIAN_MIRROR` (and `AEGIS_DEBIAN_SECURITY_MIRROR`) override them
 * and serve machines that are no Debian.
 * @throws AegisError FETCH_FAILED when no mirror is known
 */
export async function findMirrors(signal: AbortSignal): Promise<Mirrors> {
  const own = process.env['AEGIS_DEBIAN_MIRROR'];
  if (own) {
    const security = process.env['AEGIS_DEBIAN_SECURITY_MIRROR'];
    return { main: trimSlash(own), security: security ? trimSlash(security) : undefined };
  }
  const format = '$(CREATED_BY)|$(ORIGIN)|$(LABEL)|$(SITE)|$(REPO_URI)';
  const output = await runTool(
    "ask apt for the machine's mirrors",
    ['apt-get', 'indextargets', '--format', format],
    {
      signal,
    },
  );
  const mirrors = parseTargets(output.toString('utf8'));
  if (mirrors) return mirrors;
  throw new AegisError(
    'FETCH_FAILED',
    'cannot find a Debian mirror: the apt configuration of this machine has none',
    {
      wayOut: 'Set AEGIS_DEBIAN_MIRROR to the base URI of a Debian archive.',
    },
  );
}

/** The mirrors among the lines `CREATED_BY|ORIGIN|LABEL|SITE|REPO_URI` of apt's index targets. */
export function parseTargets(text: string): Mirrors | undefined {
  const rows = text
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([createdBy, origin]) => createdBy === 'Packages' && origin === 'Debian');
  // Security archives carry their own label; backports and proposed updates live on the main one.
  const main = rows.find(([, , label]) => label === 'Debian' || label === 'Debian Backports')?.[4];
  const security = rows.find(([, , label]) => label === 'Debian-Security')?.[4];
  if (!main) return undefined;
  return { main: trimSlash(main), security: security ? trimSlash(security) : undefined };
}

function trimSlash(uri: string): string {
  return uri.replace(/\/+$/, '');
}

/** How this machine reaches its mirrors (proxies, retries, tolerated clocks), as lines of an apt configuration. */
export async function transportOptions(signal: AbortSignal): Promise<string[]> {
  const output = await runTool('ask apt how it reaches the mirrors', ['apt-config', 'dump', 'Acquire'], {
    signal,
  });
  const wanted = /^Acquire::((https?)(::[^ ]*)?|Retries|Check-Valid-Until|Check-Date) "[^"]+";$/;
  return output
    .toString('utf8')
    .split('\n')
    .filter((line) => wanted.test(line));
}
