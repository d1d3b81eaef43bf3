import { createRequire } from 'node:module';
import find from 'node-gyp-build';
import { messageOf } from './errors.js';
import { packageRoot } from './paths.js';

/** Why a call of the native client failed; the `code` of the error it throws or rejects with. */
export type NativeFailure =
  | 'not_connected'
  | 'unreachable'
  | 'squatted'
  | 'timeout'
  | 'channel_closed'
  | 'protocol_error'
  | 'refused'
  | 'bad_argument';

/** An error of the native client. `rpcCode` is the runtime's own code when it `refused`. */
export interface NativeError extends Error {
  readonly code: NativeFailure;
  readonly rpcCode?: number;
}

/**
 * One connection to the runtime socket. Results are JSON text. Durations are in milliseconds. Every call is answered
 * exactly once: with the result, or with a `NativeError`. The credential token never leaves the native side.
 */
export interface NativeClient {
  /** Connects and checks the listener's credentials: root or `expectedUid`. Never waits. */
  open(socketPath: string, expectedUid: number): void;
  close(): void;
  isOpen(): boolean;
  hello(timeoutMs: number): Promise<string>;
  /** `identity` is a JSON object; the token of the answer is kept for the calls below. */
  register(identity: string, timeoutMs: number): Promise<string>;
  query(tool: string, args: string, timeoutMs: number): Promise<string>;
  /** As `query`, blocking this thread until the answer or the deadline. */
  querySync(tool: string, args: string, timeoutMs: number): string;
  waitForApproval(approvalId: string, timeoutMs: number): Promise<string>;
  heartbeat(timeoutMs: number): Promise<string>;
  deregister(timeoutMs: number): Promise<string>;
  /** Any other method, without credentials. */
  request(method: string, params: string, timeoutMs: number): Promise<string>;
  /** Called with each notification of the runtime, a whole JSON-RPC frame. */
  onNotification(handler: (frame: string) => void): void;
  /** Called when the channel ended without `close()`. */
  onClosed(handler: () => void): void;
}

export interface NativeModule {
  readonly NativeClient: new () => NativeClient;
}

/** Whether the extension is there. Missing is a state of its own, with its reason; it is never an exception. */
export type NativeState =
  | { readonly state: 'present'; readonly module: NativeModule; readonly path: string }
  | { readonly state: 'missing'; readonly reason: string };

let loaded: NativeState | undefined;

/** Loads the extension, once: this build's own first, then a prebuilt one for this platform. */
export function loadNative(): NativeState {
  return (loaded ??= load());
}

function load(): NativeState {
  const require = createRequire(import.meta.url);
  try {
    const path = find.path(packageRoot);
    const module = require(path) as Partial<NativeModule>;
    if (typeof module.NativeClient !== 'function')
      return { state: 'missing', reason: `${path} is not the aegis extension` };
    return { state: 'present', module: module as NativeModule, path };
  } catch (error) {
    // The finder lists every place it looked in; its first line says what is missing.
    return { state: 'missing', reason: messageOf(error).split('\n')[0] ?? 'not found' };
  }
}

/** Whether something thrown is an error of the native client. */
export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && typeof (error as Partial<NativeError>).code === 'string';
}
