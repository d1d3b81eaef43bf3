import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AegisError } from '../errors.js';
import { type KernelSource, parseRecords, type PackageRecord } from './catalogue.js';
import { findMirrors, keyring, type Mirrors } from './mirror.js';
import { runTool } from './tool.js';

/**
 * An apt of its own for other suites than the machine's: own sources, own lists, no preferences and an empty package
 * state. Nothing of the machine's apt is read but its mirrors and how to reach them (proxies), and nothing is changed.
 */
export class PrivateApt {
  private constructor(
    private readonly config: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Sets it up in an empty folder and fetches the package lists.
   * @throws AegisError FETCH_FAILED when the mirror cannot be reached or a list is refused
   */
  static async create(folder: string, source: KernelSource, signal: AbortSignal): Promise<PrivateApt> {
    await assertKeyring();
    const mirrors = await findMirrors(signal);
    await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'sources.list'), sourceLines(source, mirrors));
    const config = join(folder, 'apt.conf');
    await writeFile(config, configuration(folder));
    const apt = new PrivateApt(config, signal);
    await apt.get(`fetch the package lists of kernel ${source.series}`, [
      '-o',
      'APT::Update::Error-Mode=any',
      'update',
    ]);
    return apt;
  }

  /** Every version of the kernel packages of a series. */
  async kernelPackages(series: string): Promise<PackageRecord[]> {
    const pattern = `^linux-(image|binary|modules)-${series.replaceAll('.', '\\.')}\\..*-cloud-amd64$`;
    const found = await this.cache(['search', '--names-only', pattern]);
    const names = found.split('\n').flatMap((line) => line.split(' ', 1)[0] ?? []);
    const wanted = names.filter((name) => name && !/-(unsigned|dbg)(-|$)/.test(name));
    return wanted.length === 0 ? [] : parseRecords(await this.cache(['show', ...wanted]));
  }

  /**
   * Downloads packages into a folder; apt checks each against the signed lists.
   * @throws AegisError FETCH_FAILED
   */
  async download(packages: readonly PackageRecord[], folder: string): Promise<void> {
    const names = packages.map(({ name, version }) => `${name}=${version}`);
    await this.get(`download ${names.join(' and ')}`, ['download', ...names], folder);
  }

  private async get(act: string, args: readonly string[], cwd?: string): Promise<void> {
    await runTool(act, ['apt-get', '--config-file', this.config, '--quiet', ...args], {
      signal: this.signal,
      code: 'FETCH_FAILED',
      wayOut:
        "Check the network, the proxy and the mirrors in the machine's apt configuration, then run it again.",
      ...(cwd === undefined ? {} : { cwd }),
    });
  }

  private async cache(args: readonly string[]): Promise<string> {
    const argv = ['apt-cache', '--config-file', this.config, ...args];
    const output = await runTool('read the package lists', argv, { signal: this.signal });
    return output.toString('utf8');
  }
}

async function assertKeyring(): Promise<void> {
  try {
    await access(keyring);
  } catch (cause) {
    throw new AegisError('TOOL_MISSING', `cannot verify Debian packages: ${keyring} is missing`, {
      wayOut: 'Install the package debian-archive-keyring.',
      cause,
    });
  }
}

function sourceLines(source: KernelSource, mirrors: Mirrors): string {
  const line = (uri: string, suite: string) => `deb [arch=amd64 signed-by=${keyring}] ${uri} ${suite} main\n`;
  const { security } = mirrors;
  return [
    ...source.suites.map((suite) => line(mirrors.main, suite)),
    ...(security === undefined ? [] : source.securitySuites.map((suite) => line(security, suite))),
  ].join('');
}

function configuration(folder: string): string {
  const settings = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': join(folder, 'empty'),
    'Dir::Etc::Preferences': join(folder, 'no-preferences'),
    'Dir::Etc::PreferencesParts': join(folder, 'empty'),
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': folder,
    'Dir::Cache::PkgCache': '',
    'Dir::Cache::SrcPkgCache': '',
    'Acquire::Languages': 'none',
    'APT::Architecture': 'amd64',
    // The lists live in a folder only their owner can enter, which apt's own unprivileged user is not.
    'APT::Sandbox::User': '',
  };
  // Hooks of the machine that follow an update mean its own lists, not these.
  const cleared = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
  return [
    ...cleared.map((key) => `#clear ${key};\n`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`),
  ].join('');
}
