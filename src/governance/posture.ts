import { AegisError } from '../errors.js';

const modes = ['enforce', 'observe', 'disabled'] as const;

/** What an application may ask for. Leaving it out is `unset`, which enforces. */
export type EnforcementMode = (typeof modes)[number];

/** The posture a verdict is made under. */
export type Posture = EnforcementMode | 'unset';

/** Every posture, for those who must treat each. */
export const postures: readonly Posture[] = [...modes, 'unset'];

/**
 * Reads the configured mode. `unset` (undefined or null) stays `unset`, or becomes `observe` by the explicit option
 * `unsetMode: 'observe'`. Throws `CONFIG_INVALID` for any other value, however near it looks: a misspelt `enforce`
 * must not quietly be anything.
 */
export function readPosture(mode: unknown, unsetMode?: unknown): Posture {
  if (unsetMode !== undefined && unsetMode !== 'observe' && unsetMode !== 'enforce')
    throw new AegisError('CONFIG_INVALID', `cannot use unsetMode ${shown(unsetMode)}`, {
      wayOut: 'Give "observe" or "enforce", or leave it out.',
    });
  if (mode === undefined || mode === null) return unsetMode === 'observe' ? 'observe' : 'unset';
  const known = modes.find((each) => each === mode);
  if (known) return known;
  throw new AegisError('CONFIG_INVALID', `cannot use enforcementMode ${shown(mode)}`, {
    wayOut: 'Give "enforce", "observe" or "disabled", or leave it unset (which enforces).',
  });
}

/** Whether a call goes on when nobody could decide about it. */
export function failsOpen(posture: Posture): boolean {
  return posture === 'observe' || posture === 'disabled';
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 64)}"` : `of type ${typeof value}`;
}
