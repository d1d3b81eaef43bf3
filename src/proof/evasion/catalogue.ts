import { join } from 'node:path';
import { AegisError } from '../../errors.js';
import { nativeBin } from '../../paths.js';
import { run } from '../../sandbox/run.js';

/** The program that holds every way, one row each; see native/evasion/. */
export const evader = join(nativeBin, 'aegis-evade');
/** The program that is denied in the rows that run one. */
export const deniedProgram = join(nativeBin, 'aegis-ran');

const kinds = ['file', 'program', 'address', 'tracing', 'modules'] as const;
/** What a way is after, and so what a policy against it denies. */
export type Kind = (typeof kinds)[number];

const effects = ['discloses', 'destroys', 'uses', 'runs', 'reaches'] as const;
export type Effect = (typeof effects)[number];

/** A way round a denial. */
export interface Way {
  readonly name: string;
  readonly kind: Kind;
  /** What it does when nothing stops it. */
  readonly effect: Effect;
  /** What it does, in words that follow "by". */
  readonly says: string;
}

/** Every way of the catalogue, in the program's own order. Throws `BUILD_MISSING`. */
export async function readCatalogue(): Promise<readonly Way[]> {
  const { exitCode, stdout, stderr, startError } = await run([evader, 'list']);
  if (exitCode !== 0)
    throw new AegisError('BUILD_MISSING', `cannot list the ways: ${startError ?? stderr.trim()}`, {
      wayOut: 'Run `npm run build`.',
    });
  return stdout.trim().split('\n').map(parse);
}

function parse(line: string): Way {
  const [name = '', kindName, effectName, says = ''] = line.split('\t');
  const kind = kinds.find((one) => one === kindName);
  const effect = effects.find((one) => one === effectName);
  if (!name || !says || !kind || !effect)
    throw new AegisError('BUILD_MISSING', `cannot read the list of ways: ${JSON.stringify(line)}`, {
      wayOut: 'Run `npm run build`.',
    });
  return { name, kind, effect, says };
}
