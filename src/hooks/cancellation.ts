import { constants } from 'node:os';

/** The signals that ask this process to end: Ctrl-C, a service manager, a lost terminal. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof endingSignals)[number];

/** The exit code of a process that ended by a signal, as shells count. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Listens for the signals that end this process, while an invocation runs. The first one cancels; a second one says
 * that even the clean-up is not to be waited for.
 */
export class Cancellation {
  private readonly first = new AbortController();
  private readonly second = new AbortController();
  private received: EndingSignal | undefined;
  private readonly listener = (signal: EndingSignal) => {
    if (this.received === undefined) {
      this.received = signal;
      this.first.abort();
    } else {
      this.second.abort();
    }
  };

  constructor() {
    for (const signal of endingSignals) process.on(signal, this.listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.first.signal;
  }

  /** Aborted by the second. */
  get force(): AbortSignal {
    return this.second.signal;
  }

  /** Which signal came first. */
  get by(): EndingSignal | undefined {
    return this.received;
  }

  /** Gives the signals back to whoever had them before. */
  dispose(): void {
    for (const signal of endingSignals) process.off(signal, this.listener);
  }
}

/** Resolves when `signal` is aborted; at once when it already is. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
