import { ExitCode } from '../errors.js';

/** How a test point, a scenario, a proof or a whole run ended. */
export type Verdict = 'proven' | 'disproven' | 'could-not-check' | 'skipped';

/** From the strongest to the weakest: a disproof beats a failed harness, which beats a skip, which beats a pass. */
const byStrength: readonly Verdict[] = ['disproven', 'could-not-check', 'skipped', 'proven'];

const exitCodes: Record<Verdict, ExitCode> = {
  proven: ExitCode.proven,
  disproven: ExitCode.disproven,
  'could-not-check': ExitCode.couldNotCheck,
  skipped: ExitCode.skipped,
};

/** The verdict of several: the strongest of them. Of none at all: nothing was checked, so `could-not-check`. */
export function combine(verdicts: readonly Verdict[]): Verdict {
  return byStrength.find((verdict) => verdicts.includes(verdict)) ?? 'could-not-check';
}

/** The exit code a verdict ends a command with. `requireAll` turns a skip into a failure, for release gating. */
export function exitCodeOf(verdict: Verdict, requireAll = false): ExitCode {
  return requireAll && verdict === 'skipped' ? ExitCode.disproven : exitCodes[verdict];
}
