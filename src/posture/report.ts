import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { AegisError, messageOf } from '../errors.js';
import { packageRoot } from '../paths.js';

export type RuntimeState =
  'ENFORCE' | 'ENFORCE_OVERRIDE' | 'ENFORCE_SIGNAL' | 'AUDIT_FALLBACK' | 'DEGRADED' | 'STARTING' | 'STOPPED';

export type Mechanism = 'lsm' | 'fmod_ret' | 'fentry' | 'tracepoint' | 'none';

/** See `native/lib/preemption.h`. */
export type PreemptionSafeguard = 'not_needed' | 'backstop' | 'perf' | 'none';

/** What the agent claims of itself (`capabilities.json`, schema version 1). A claim is not evidence. */
export interface PostureReport {
  readonly runtime_state: RuntimeState;
  readonly audit_only: boolean;
  readonly enforce_capable: boolean;
  readonly enforce_blockers: readonly string[];
  readonly schema_version: number;
  readonly generated_at_unix: number;
  readonly kernel_version: string;
  readonly lsm_enabled: boolean;
  readonly instance: string;
  readonly pid: number;
  /** When the process started, in clock ticks since boot (field 22 of /proc/PID/stat): a pid alone is used again. */
  readonly process_start_ticks: number;
  readonly boot_id: string;
  readonly agent_sha256: string;
  readonly bpf_sha256: string;
  readonly mechanism: Mechanism;
  readonly signal_arm: string | null;
  readonly scope_cgroup: string | null;
  readonly lockdown: string;
  readonly seams: readonly string[];
  readonly guarantee: string;
  /** What stands behind programs that this kernel may skip; absent in reports of agents before it was told. */
  readonly preemption_safeguard?: PreemptionSafeguard | null;
  readonly known_gaps: readonly string[];
  /** Why the agent refused or degraded; empty otherwise. */
  readonly message: string;
  readonly canary: { readonly felt: boolean; readonly last_felt_unix: number };
  readonly [more: string]: unknown;
}

const schemaPath = join(packageRoot, 'schemas', 'capabilities.schema.json');
let validate: ReturnType<Ajv2020['compile']> | undefined;

/**
 * Parses and validates the text of a posture report. Throws `BAD_REPORT` naming the first field that is wrong, with
 * its JSON pointer.
 */
export function parseReport(text: string, from: string): PostureReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(from, messageOf(cause), cause);
  }
  // The schema is ours, and tested; checking it against the meta-schema takes seconds under emulation.
  validate ??= new Ajv2020({ strict: false, validateSchema: false, meta: false }).compile(
    JSON.parse(readFileSync(schemaPath, 'utf8')) as object,
  );
  if (!validate(value)) {
    const [first] = validate.errors ?? [];
    throw malformed(from, `${first?.instancePath || '/'} ${first?.message ?? 'is wrong'}`);
  }
  return value as PostureReport;
}

function malformed(from: string, why: string, cause?: unknown): AegisError {
  return new AegisError('BAD_REPORT', `cannot read the posture report ${from}: ${why}`, {
    cause,
    wayOut: 'Restart the agent, which writes it anew; `aegis-agent status` says what it thinks itself.',
  });
}
