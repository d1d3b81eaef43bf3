import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../sandbox/run.js';
import type { Kind } from './catalogue.js';
import type { Listener } from './listener.js';
import type { Place } from './place.js';

/** A module that every kernel's package has, that needs no other, and that nothing loads by itself. */
const module = 'dummy';

/** An address of this host that is denied with every port, for the ways whose port nobody can tell. */
const whollyDenied = '127.77.0.1';

/** What ways need beside the files of their place. */
export interface Surroundings {
  readonly listener: Listener;
  /** The module's file, should there be one. */
  readonly modulePath: string | undefined;
}

/** Ways that are tried together under one policy. */
export interface Group {
  readonly name: 'file' | 'acts';
  readonly kinds: readonly Kind[];
}

/**
 * Files by themselves, because the other classes would stop some of their ways first: looking into a process is also how
 * its descriptors are taken.
 */
export const groups: readonly Group[] = [
  { name: 'file', kinds: ['file'] },
  { name: 'acts', kinds: ['program', 'address', 'tracing', 'modules'] },
];

/** The policy that denies what the ways of these places are after. */
export function policyAgainst(places: readonly Place[], { listener }: Surroundings): string {
  const of = (kind: Kind) => places.filter(({ way }) => way.kind === kind);
  const paths = (kind: Kind) => of(kind).map(({ secretPath }) => secretPath);
  const sections: readonly (readonly [name: string, isNeeded: boolean, entries: readonly string[]])[] = [
    ['deny_path', of('file').length > 0, paths('file')],
    ['deny_exec_path', of('program').length > 0, paths('program')],
    ['deny_ip', of('address').length > 0, [whollyDenied]],
    ['deny_ip_port', of('address').length > 0, [`127.0.0.1:${listener.port}`, `[::1]:${listener.port}`]],
    ['deny_ptrace', of('tracing').length > 0, []],
    ['deny_module_load', of('modules').length > 0, []],
  ];
  return [
    'version=1',
    ...sections.flatMap(([name, isNeeded, entries]) => (isNeeded ? [`[${name}]`, ...entries] : [])),
    '',
  ].join('\n');
}

/** Puts what a way of its kind needs into its place. */
export function furnish({ way, folder }: Place, { listener, modulePath }: Surroundings): void {
  if (way.kind === 'address') writeFileSync(join(folder, 'port'), `${listener.port}\n`, { mode: 0o600 });
  if (way.kind === 'modules' && modulePath !== undefined) {
    copyFileSync(modulePath, join(folder, 'module'));
    writeFileSync(join(folder, 'name'), `${module}\n`, { mode: 0o600 });
  }
}

/** Where the running kernel has the module. */
export async function findModule(): Promise<string | undefined> {
  const { exitCode, stdout } = await run(['modinfo', '-F', 'filename', module]);
  return exitCode === 0 ? stdout.trim() : undefined;
}
