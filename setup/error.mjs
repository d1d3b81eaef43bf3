/** What a set-up could not do, why, and what the reader can do about it. Ends the set-up with exit code 99. */
export class SetupError extends Error {
  /**
   * @param {string} message `cannot <act> <object>: <cause>`
   * @param {{wayOut?: string, detail?: string, cause?: unknown}} [options] the way out as one imperative sentence;
   *   detail is the tail of the failed tool's output
   */
  constructor(message, options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.wayOut = options.wayOut;
    this.detail = options.detail;
  }
}

/** Exit code of everything that could not be checked or built; the same as in src/errors.ts. */
export const COULD_NOT = 99;

/**
 * Runs a set-up entry point; prints what went wrong, if anything, and sets the exit code.
 * @param {() => Promise<void>} main
 */
export async function guarded(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.detail) console.error(error.detail.trimEnd());
    console.error(`set-up: ${error.message}.${error.wayOut ? ` ${error.wayOut}` : ''}`);
    process.exitCode = COULD_NOT;
  }
}
