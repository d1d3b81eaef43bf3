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
    const { message, wayOut, detail } = refusalOf(error);
    if (detail) console.error(detail.trimEnd());
    console.error(`set-up: ${message}.${wayOut ? ` ${wayOut}` : ''}`);
    process.exitCode = COULD_NOT;
  }
}

const WAYS_OUT = {
  ENOSPC: 'Free some disk space and run this again.',
  EDQUOT: 'Free some disk space and run this again.',
};

/** An error of ours as it is; what the file system refused, with a way out. Anything else is a defect and is thrown. */
function refusalOf(error) {
  if (error instanceof SetupError) return error;
  if (error.syscall === undefined) throw error;
  return new SetupError(`cannot ${error.syscall} ${error.path ?? 'a file'}: ${error.code}`, {
    wayOut: WAYS_OUT[error.code] ?? 'Check who owns it and what may be written there, then run this again.',
    cause: error,
  });
}
