import { geteuid } from 'node:process';
import { loadNative, type NativeState } from '../native.js';
import { throughLink, unavailable } from './authorities.js';
import { registration, type AgentIdentity } from './identity.js';
import { Interceptor, type ApprovalHandler, type Authority } from './interceptor.js';
import { RuntimeLink } from './link.js';
import { readPosture, type EnforcementMode, type Posture } from './posture.js';
import type { RecordSink } from './record.js';
import { runtimeSocketPath } from './socket-path.js';

export interface GovernanceOptions {
  /** Left out is `unset`: as enforce, unless `unsetMode` says otherwise. */
  readonly enforcementMode?: EnforcementMode;
  readonly unsetMode?: 'enforce' | 'observe';
  readonly agent?: AgentIdentity;
  /** Default: `AEGIS_RUNTIME_SOCKET`, else the socket of `instance` (default `default`). */
  readonly socketPath?: string;
  readonly instance?: string;
  /** Whose runtime is trusted besides root's. Default: this process's user. */
  readonly expectedUid?: number;
  /** Connecting, hello and registration together. Default 1000 ms. */
  readonly connectTimeoutMs?: number;
  /** Default 1000 ms. */
  readonly queryTimeoutMs?: number;
  /** Default 300 000 ms. */
  readonly approvalTimeoutMs?: number;
  /** Default `runtime`: an operator decides, with `aegis approvals`. */
  readonly approval?: 'runtime' | 'none' | ApprovalHandler;
  readonly onRecord?: RecordSink;
  /** Default: a process warning. */
  readonly onWarning?: (text: string) => void;
}

/** What stands between an application and its tools at the moment. */
export type GovernanceState =
  'connected' | 'runtime_unreachable' | 'native_missing' | 'not_registered' | 'disabled';

/** An interceptor with what it stands on. */
export interface Governance {
  readonly posture: Posture;
  readonly interceptor: Interceptor;
  state(): GovernanceState;
  /** Why it is not connected; empty when it is. */
  failure(): string;
  close(): Promise<void>;
}

/**
 * Builds the interceptor the posture and the machine call for, and tries to connect once. Never rejects for what is
 * missing: without the native extension, or without a runtime, the result denies every call under enforce and
 * records every call under observe. A runtime that comes later is found. Throws `CONFIG_INVALID` for bad options.
 */
export async function createGovernance(
  options: GovernanceOptions = {},
  native: NativeState = loadNative(),
): Promise<Governance> {
  const posture = readPosture(options.enforcementMode, options.unsetMode);
  const warn = options.onWarning ?? ((text: string) => process.emitWarning(text, 'AegisWarning'));
  const build = (authority: Authority, isRegistered: () => boolean) =>
    new Interceptor({
      posture,
      authority,
      queryTimeoutMs: options.queryTimeoutMs ?? 1000,
      approvalTimeoutMs: options.approvalTimeoutMs ?? 300_000,
      approval: options.approval ?? 'runtime',
      onRecord: options.onRecord,
      warn,
      agentId: options.agent?.id,
      isRegistered,
    });
  const without = (state: 'native_missing' | 'disabled', message: string): Governance => ({
    posture,
    interceptor: build(unavailable('native_missing', message), () => false),
    state: () => state,
    failure: () => message,
    close: () => Promise.resolve(),
  });

  if (posture === 'disabled') return without('disabled', '');
  const consequence = posture === 'observe' ? 'every tool call passes unasked' : 'every tool call is denied';
  if (native.state === 'missing') {
    warn(`the native extension is missing: ${consequence} (${native.reason})`);
    return without('native_missing', native.reason);
  }

  const link = new RuntimeLink({
    native: native.module,
    socketPath: runtimeSocketPath(options),
    expectedUid: options.expectedUid ?? geteuid?.() ?? 0,
    connectTimeoutMs: options.connectTimeoutMs ?? 1000,
    queryTimeoutMs: options.queryTimeoutMs ?? 1000,
    ...(options.agent ? { registration: registration(options.agent, posture) } : {}),
  });
  const state = (): GovernanceState =>
    link.state === 'connected'
      ? 'connected'
      : link.state === 'refused'
        ? 'not_registered'
        : 'runtime_unreachable';
  try {
    await link.connect();
  } catch {
    warn(
      `the runtime ${link.state === 'refused' ? 'refused' : 'cannot be reached'}: ${consequence} (${link.failure})`,
    );
    link.keepTrying();
  }
  const isRegistered = () => options.agent !== undefined && link.state === 'connected';
  return {
    posture,
    interceptor: build(throughLink(link), isRegistered),
    state,
    failure: () => link.failure,
    close: () => link.close(),
  };
}
