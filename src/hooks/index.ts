// What every command loads: nothing here may pull in the validator, which only a command with hooks needs.
export { signalExitCode } from './cancellation.js';
export type { EndEvent, EventBody, HookEvent, LedgerEvent } from './event.js';
export type { HookEntry, HookSet } from './hook-entry.js';
export { invoke, type InvokeRequest } from './invoke.js';
export { runInvocation, type ActEnd, type InvocationRequest, type InvocationResult } from './invocation.js';
export { Ledger, ledgerPath, type EventSink } from './ledger.js';
export { findManifest, manifestName } from './manifest-path.js';
export type { FailurePolicy, HookKind, HookSpec, Permission } from './spec.js';
