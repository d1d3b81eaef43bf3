import { messageOf } from '../errors.js';

/** Something a proof or a room needs of the machine; unmet means a skip with this reason, never a pass. */
export interface Requirement {
  readonly name: string;
  readonly met: boolean;
  /** Why it is unmet, as a clause. */
  readonly reason?: string;
  /** What to do about it, as one imperative sentence. */
  readonly wayOut?: string;
}

/**
 * A requirement that is felt: met when the check resolves to nothing. What it resolves to, or throws, is why it is not.
 * @param wayOut one imperative sentence
 */
export async function feltRequirement(
  name: string,
  wayOut: string,
  check: () => Promise<string | undefined | void>,
): Promise<Requirement> {
  let reason: string | undefined | void;
  try {
    reason = await check();
  } catch (error) {
    reason = messageOf(error);
  }
  return reason === undefined ? { name, met: true } : { name, met: false, reason, wayOut };
}
