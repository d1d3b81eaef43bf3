import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptGet, aptInstall } from './apt.mjs';
import { SetupError } from './error.mjs';
import { QEMU } from './packages.mjs';
import { mustRun } from './run-tool.mjs';

/**
 * Where a release whose own QEMU is too old has a newer one, built for it by the same distribution.
 * `site` is given where that archive is not on the machine's ordinary mirror.
 */
const SOURCES = {
  bookworm: {
    suite: 'bookworm-backports',
    components: 'main',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    ownKeyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    keyringPackage: 'debian-archive-keyring',
  },
  noble: {
    site: 'http://ubuntu-cloud.archive.canonical.com/ubuntu',
    suite: 'noble-updates/flamingo',
    components: 'main',
    keyring: '/usr/share/keyrings/ubuntu-cloud-keyring.gpg',
    ownKeyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    keyringPackage: 'ubuntu-cloud-keyring',
  },
};

/**
 * Installs QEMU from the release's archive of newer packages, through an apt configuration of its own: own source
 * list, own package lists, in a private folder that is gone afterwards. The machine's sources, pins and lists stay as
 * they are, so that later upgrades take nothing else from there.
 * @param {import('./system.mjs').System} system
 * @param {(line: string) => void} onLine
 * @throws {SetupError} when the release has no such archive, or it cannot be read
 */
export async function installNewerQemu(system, onLine) {
  const source = SOURCES[system.codename];
  if (source === undefined)
    throw new SetupError(`cannot install QEMU: ${system.name} offers none from version ${QEMU.oldest} on`, {
      wayOut: `Install a package of ${QEMU.package} from version ${QEMU.oldest} on, or use Debian 12 or 13.`,
    });
  await aptInstall([source.keyringPackage], onLine);
  const own = await ownSources();
  const site = source.site ?? siteOf(own, system.codename);
  const folder = mkdtempSync(join(tmpdir(), 'aegis-apt-'));
  try {
    // apt fetches as the user _apt, who has to get in.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'lists', 'partial'), { recursive: true });
    mkdirSync(join(folder, 'empty'));
    const lines = own.map(({ site, release, component }) => [source.ownKeyring, site, release, component]);
    lines.push([source.keyring, site, source.suite, source.components]);
    writeFileSync(
      join(folder, 'sources.list'),
      lines.map(([key, ...rest]) => `deb [signed-by=${key}] ${rest.join(' ')}\n`).join(''),
    );
    const config = join(folder, 'apt.conf');
    writeFileSync(config, privateConfiguration(folder));
    const options = ['--config-file', config];
    await aptGet([...options, '-o', 'APT::Update::Error-Mode=any', 'update'], onLine);
    await aptInstall([QEMU.package], onLine, [...options, '--target-release', source.suite]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything by which apt would read or write the machine's own sources, pins, lists and caches of them. */
function privateConfiguration(folder) {
  const settings = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': join(folder, 'empty'),
    'Dir::Etc::Preferences': join(folder, 'no-preferences'),
    'Dir::Etc::PreferencesParts': join(folder, 'empty'),
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache::PkgCache': '',
    'Dir::Cache::SrcPkgCache': '',
    'Acquire::Languages': 'none',
  };
  // Hooks of the machine that follow an update mean its own lists, not these.
  const cleared = ['APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
  return [
    ...cleared.map((key) => `#clear ${key};\n`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`),
  ].join('');
}

/**
 * The binary package sources of the machine's own distribution, as its apt resolves them.
 * @returns {Promise<{site: string, release: string, component: string, codename: string}[]>}
 */
async function ownSources() {
  const fields = ['REPO_URI', 'RELEASE', 'COMPONENT', 'CODENAME', 'ORIGIN'];
  const output = await mustRun(
    "read the machine's package sources",
    'Check the files below /etc/apt.',
    'apt-get',
    ['indextargets', '--format', fields.map((field) => `$(${field})`).join('|'), 'Created-By: Packages'],
  );
  const entries = new Map();
  for (const line of output.split('\n')) {
    const [site, release, component, codename, origin] = line.split('|');
    if (origin !== 'Debian' && origin !== 'Ubuntu') continue;
    entries.set(`${site} ${release} ${component}`, { site, release, component, codename });
  }
  return [...entries.values()];
}

function siteOf(entries, codename) {
  const entry = entries.find((each) => each.codename === codename);
  if (entry === undefined)
    throw new SetupError(
      `cannot find the mirror of ${codename}: no package source of this machine names it`,
      {
        wayOut: `Add ${codename} main to the machine's package sources and run this again.`,
      },
    );
  return entry.site;
}
