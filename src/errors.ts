/** The exit codes of every command. 77 is a skip, always with a reason; 99 means "could not check". */
export const ExitCode = {
  proven: 0,
  disproven: 1,
  misuse: 2,
  skipped: 77,
  couldNotCheck: 99,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Each error code with the exit code it ends a command with. A new code is one new line here. */
const codes = {
  AGENT_FAILED: ExitCode.couldNotCheck,
  AGENT_MISSING: ExitCode.couldNotCheck,
  BAD_ARGUMENT: ExitCode.misuse,
  BAD_REPORT: ExitCode.couldNotCheck,
  BUILD_MISSING: ExitCode.couldNotCheck,
  CACHE_CORRUPT: ExitCode.couldNotCheck,
  CACHE_UNWRITABLE: ExitCode.couldNotCheck,
  CLEANUP_FAILED: ExitCode.couldNotCheck,
  COMMAND_FAILED: ExitCode.couldNotCheck,
  CONFIG_INVALID: ExitCode.misuse,
  DISK_FULL: ExitCode.couldNotCheck,
  FETCH_FAILED: ExitCode.couldNotCheck,
  HOOKS_UNTRUSTED: ExitCode.disproven,
  HOOK_MANIFEST_INVALID: ExitCode.misuse,
  INTERRUPTED: ExitCode.couldNotCheck,
  INVOCATION_BLOCKED: ExitCode.disproven,
  KERNEL_PANIC: ExitCode.couldNotCheck,
  LEDGER_UNREADABLE: ExitCode.couldNotCheck,
  LEDGER_UNWRITABLE: ExitCode.couldNotCheck,
  MACHINE_LOST: ExitCode.couldNotCheck,
  NATIVE_MISSING: ExitCode.couldNotCheck,
  NOT_REGISTERED: ExitCode.couldNotCheck,
  NO_SYSTEMD: ExitCode.couldNotCheck,
  QEMU_MISSING: ExitCode.couldNotCheck,
  QEMU_TOO_OLD: ExitCode.couldNotCheck,
  RECORD_UNWRITABLE: ExitCode.couldNotCheck,
  RUNTIME_REFUSED: ExitCode.disproven,
  RUNTIME_UNREACHABLE: ExitCode.couldNotCheck,
  TIMED_OUT: ExitCode.couldNotCheck,
  TOOL_DENIED: ExitCode.disproven,
  TOOL_MISSING: ExitCode.couldNotCheck,
  TRUST_STORE_FAILED: ExitCode.couldNotCheck,
  UNKNOWN_KERNEL: ExitCode.misuse,
  UNKNOWN_PROOF: ExitCode.misuse,
} as const satisfies Record<string, ExitCode>;
export type ErrorCode = keyof typeof codes;

export interface AegisErrorOptions {
  /** What the reader can do about it, as one imperative sentence. */
  wayOut?: string;
  /** The original error, always kept. */
  cause?: unknown;
  /** Longer evidence, such as the tail of a serial log; printed below the message. */
  detail?: string;
}

/** An error a user can act on: `cannot <act> <object>: <cause>`, a code, and the way out. */
export class AegisError extends Error {
  override readonly name = 'AegisError';
  readonly wayOut: string | undefined;
  readonly detail: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AegisErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.wayOut = options.wayOut;
    this.detail = options.detail;
  }

  get exitCode(): ExitCode {
    return codes[this.code];
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
