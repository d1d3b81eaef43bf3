import type { Inspection, InspectedHook } from '../hooks/inspect.js';
import { colors, printable, table } from '../ui.js';

/** The record that `--json` prints; `manifest` is null when no hooks govern the folder. */
export function hooksRecord(inspection: Inspection | undefined) {
  return {
    manifest: inspection?.manifest.path ?? null,
    manifest_sha256: inspection?.manifest.sha256 ?? null,
    trusted_at: inspection?.trusted_at ?? null,
    budget_seconds: inspection?.manifest.budgetSeconds ?? null,
    hooks: (inspection?.hooks ?? []).map(({ index, spec, sha256, state, reason }) => ({
      index,
      name: spec.name,
      kind: spec.kind,
      entrypoint: spec.entrypoint,
      entrypoint_sha256: sha256,
      failure_policy: spec.failurePolicy,
      timeout_seconds: spec.timeoutSeconds,
      permissions: spec.permissions,
      env: spec.env,
      state,
      reason: reason ?? null,
    })),
  };
}

/** The hooks in manifest order, for people. */
export function renderHooks(inspection: Inspection | undefined): string {
  if (!inspection) return 'No hooks: there is no aegis.hooks.json here or above.';
  if (inspection.hooks.length === 0) return `${printable(inspection.manifest.path)} declares no hooks.`;
  const rows = inspection.hooks.map(({ spec, sha256, state }) => [
    spec.name,
    spec.kind,
    spec.failurePolicy,
    `${spec.timeoutSeconds} s`,
    printable(spec.entrypoint.join(' ')),
    sha256?.slice(0, 12) ?? '-',
    state,
  ]);
  return [
    printable(inspection.manifest.path),
    table([['NAME', 'KIND', 'POLICY', 'TIME', 'ENTRYPOINT', 'SHA256', 'STATE'], ...rows]),
  ].join('\n');
}

/** One line a hook, with the reason when it would not run. */
export function renderCheck({ manifest, hooks }: Inspection): string {
  const isFit = hooks.every(({ state }) => state === 'trusted');
  return [
    ...hooks.map(checkLine),
    isFit
      ? `${printable(manifest.path)}: ${hooks.length} hooks, all trusted`
      : 'Way out: put right what is told above, look through it, then run `aegis hooks trust`.',
  ].join('\n');
}

function checkLine({ spec, state, reason }: InspectedHook): string {
  const mark = state === 'trusted' ? colors.good('ok') : colors.bad(state);
  return `${mark}  ${spec.name}${reason ? `: ${printable(reason)}` : ''}`;
}
