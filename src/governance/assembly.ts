import { AegisError } from '../errors.js';
import { loadNative, type NativeState } from '../native.js';
import { createGovernance, type Governance, type GovernanceOptions } from './create-interceptor.js';
import { checkIdentity, type AgentIdentity } from './identity.js';
import type { Interceptor } from './interceptor.js';
import { failsOpen, readPosture, type Posture } from './posture.js';
import { runtimeSocketPath } from './socket-path.js';

export type AssemblyOptions = GovernanceOptions & { readonly agent: AgentIdentity };

/** An agent under governance. */
export interface Assembly {
  readonly agentId: string;
  readonly posture: Posture;
  readonly interceptor: Interceptor;
  /** Whether the runtime knows this agent now. */
  readonly registered: boolean;
  state(): ReturnType<Governance['state']>;
  /** Deregisters, closes the client, and makes room for another `initAssembly`. */
  shutdown(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly assembly: Promise<Assembly>;
}

let current: Entry | undefined;

/**
 * Puts this process's agent under governance: one client connects, registers the agent, keeps its token, and is the
 * one the interceptor asks through. Under enforce (and unset) anything that keeps the agent from being registered
 * rejects with `NOT_REGISTERED`, everything opened closed again; under observe it warns once and goes on with
 * `registered: false`. A second call for the same agent returns the same assembly; for another, or in another mode,
 * it rejects with `CONFIG_INVALID`.
 */
export async function initAssembly(
  options: AssemblyOptions,
  native: NativeState = loadNative(),
): Promise<Assembly> {
  const posture = readPosture(options.enforcementMode, options.unsetMode);
  checkIdentity(options.agent);
  const key = JSON.stringify([
    Object.entries(options.agent).sort(([a], [b]) => (a < b ? -1 : 1)),
    posture,
    runtimeSocketPath(options),
  ]);
  if (current) {
    if (current.key === key) return current.assembly;
    throw new AegisError(
      'CONFIG_INVALID',
      `cannot govern agent ${options.agent.id}: this process is another agent`,
      {
        wayOut: 'Call shutdown() of the first assembly, or use one process (or worker) an agent.',
      },
    );
  }
  const forget = () => {
    if (current === mine) current = undefined;
  };
  const mine: Entry = { key, assembly: assemble(options, native, forget) };
  current = mine;
  // A failed attempt must not be what a second one gets.
  mine.assembly.catch(forget);
  return mine.assembly;
}

async function assemble(
  options: AssemblyOptions,
  native: NativeState,
  forget: () => void,
): Promise<Assembly> {
  const governance = await createGovernance(quietUnderEnforce(options), native);
  const { posture, interceptor } = governance;
  const state = () => governance.state();
  if (!failsOpen(posture) && state() !== 'connected') {
    const reason = state();
    await governance.close();
    throw new AegisError(
      'NOT_REGISTERED',
      `cannot register agent ${options.agent.id}: ${reason} (${governance.failure()})`,
      {
        wayOut: waysOut[reason],
      },
    );
  }
  return {
    agentId: options.agent.id,
    posture,
    interceptor,
    get registered() {
      return state() === 'connected';
    },
    state,
    shutdown: async () => {
      await governance.close();
      forget();
    },
  };
}

/** Under enforce the rejection says it all; a warning beside it would say it twice. */
function quietUnderEnforce(options: AssemblyOptions): AssemblyOptions {
  if (failsOpen(readPosture(options.enforcementMode, options.unsetMode))) return options;
  let isStarted = false;
  const warn = options.onWarning ?? ((text: string) => process.emitWarning(text, 'AegisWarning'));
  setImmediate(() => (isStarted = true));
  return { ...options, onWarning: (text) => (isStarted ? warn(text) : undefined) };
}

const waysOut: Readonly<Record<ReturnType<Governance['state']>, string>> = {
  connected: '',
  disabled: '',
  native_missing: 'Build the extension with `make -C native addon`.',
  not_registered: 'Stop the process that holds this identity, or choose another agent id.',
  runtime_unreachable: 'Start the runtime: `aegis-agent runtime --policy FILE`.',
};
