import { runInvocation, type InvocationRequest, type InvocationResult } from './invocation.js';
import { Ledger, ledgerPath } from './ledger.js';
import { findManifest } from './manifest-path.js';

export type InvokeRequest = Omit<InvocationRequest, 'loadHooks' | 'openLedger'>;

/** Runs an act under the hooks that govern this folder, and writes this user's ledger; see `runInvocation`. */
export async function invoke(request: InvokeRequest): Promise<InvocationResult> {
  return await runInvocation({
    ...request,
    openLedger: () => Ledger.open(ledgerPath()),
    loadHooks: async () => {
      const manifest = findManifest();
      if (manifest === undefined) return undefined;
      // Loaded only when there is a manifest: without one, a command pays next to nothing.
      const { loadHooks } = await import('./load.js');
      return await loadHooks(manifest);
    },
  });
}
