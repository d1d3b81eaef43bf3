import { distance } from 'fastest-levenshtein';
import { AegisError } from '../errors.js';

/** Where a kernel series comes from: the Debian suites that carry it, on which of the two archives. */
export interface KernelSource {
  readonly series: string;
  readonly suites: readonly string[];
  readonly securitySuites: readonly string[];
}

/** One long-term series of each Debian release still in the field, and the newest. */
const sources: readonly KernelSource[] = [
  { series: '5.10', suites: ['bullseye'], securitySuites: ['bullseye-security'] },
  { series: '6.1', suites: ['bookworm'], securitySuites: ['bookworm-security'] },
  { series: '6.12', suites: ['trixie'], securitySuites: ['trixie-security'] },
  { series: '6.18', suites: ['trixie-backports'], securitySuites: [] },
  { series: '7.3', suites: ['trixie-backports'], securitySuites: [] },
];

/** The kernels the lane knows by name, oldest first. */
export const kernelNames: readonly string[] = sources.map(({ series }) => series);

/** @throws AegisError UNKNOWN_KERNEL with the nearest names */
export function kernelSource(name: string): KernelSource {
  const source = sources.find(({ series }) => series === name);
  if (source) return source;
  const nearest = kernelNames
    .map((known) => ({ known, away: distance(name, known) }))
    .filter(({ away }) => away <= 2)
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ known }) => known);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(' or ')}?` : '';
  throw new AegisError(
    'UNKNOWN_KERNEL',
    `cannot find kernel '${name}': the lane has no such kernel.${hint}`,
    {
      wayOut: `Choose one of ${kernelNames.join(', ')}, or give your own with --kernel FILE --modules DIR.`,
    },
  );
}

/** @throws AegisError UNKNOWN_KERNEL with the nearest names, when the lane has no kernel of that name */
export function demandKnownKernel(name: string): void {
  kernelSource(name);
}

/** One version of one package, as apt's index describes it. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/** The packages that together are one kernel: its image, and its modules where they are packaged apart. */
export interface KernelCandidate {
  readonly release: string;
  readonly packages: readonly PackageRecord[];
}

/** Reads the paragraphs `apt-cache show` prints. */
export function parseRecords(text: string): PackageRecord[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(paragraph)?.[1];
    const [name, version, sha256] = [field('Package'), field('Version'), field('SHA256')];
    return name && version && sha256 ? [{ name, version, sha256 }] : [];
  });
}

/**
 * The kernels of a series among the packages of its suites, newest first. Up to 6.18 `linux-image-RELEASE` holds image and
 * modules; from 6.19 on it is empty and `linux-binary-RELEASE` and `linux-modules-RELEASE` hold them.
 */
export function candidates(records: readonly PackageRecord[], series: string): KernelCandidate[] {
  const pattern = new RegExp(
    `^linux-(image|binary|modules)-(${series.replaceAll('.', '\\.')}\\.[^-]+(?:-\\d+)?-cloud-amd64)$`,
  );
  const releases = new Map<string, Map<string, PackageRecord>>();
  for (const record of records) {
    const [, part, release] = pattern.exec(record.name) ?? [];
    if (!part || !release) continue;
    const parts = releases.get(release) ?? new Map<string, PackageRecord>();
    releases.set(release, parts);
    const known = parts.get(part);
    if (!known || compareVersions(known.version, record.version) < 0) parts.set(part, record);
  }
  return [...releases]
    .flatMap(([release, parts]) => {
      const [image, binary, modules] = [parts.get('image'), parts.get('binary'), parts.get('modules')];
      if (binary) return modules ? [{ release, packages: [binary, modules] }] : [];
      return image ? [{ release, packages: [image] }] : [];
    })
    .sort((a, b) => compareVersions(versionOf(b), versionOf(a)) || compareVersions(b.release, a.release));
}

function versionOf(candidate: KernelCandidate): string {
  return candidate.packages[0]?.version ?? '';
}

const natural = new Intl.Collator('en', { numeric: true });

/** Orders kernel package versions. They differ in numbers only, so a numeric comparison is enough. */
function compareVersions(a: string, b: string): number {
  return natural.compare(a, b);
}
