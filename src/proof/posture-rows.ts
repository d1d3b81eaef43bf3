import type { PostureClaim } from './claims.js';
import type { AgentStart } from './agent-under-test.js';
import type { ExpectedEnd } from './denied-read.js';
import { listWithoutBpf, rungNamed, type Rung } from './rungs.js';

/** One way to start an agent, and what it must come to. */
export interface PostureRow {
  readonly name: string;
  readonly start: AgentStart;
  /** Seams of the environment that the start itself needs. */
  readonly comesTo:
    | { readonly kind: 'refusal'; readonly blocker: string }
    | { readonly kind: 'posture'; readonly claim: PostureClaim; readonly end: ExpectedEnd | 'allowed' };
}

const refusal = (
  name: string,
  blocker: string,
  flags: readonly string[],
  more: Partial<AgentStart> = {},
): PostureRow => ({
  name,
  start: { flags, ...more },
  comesTo: { kind: 'refusal', blocker },
});

const standing = (
  rung: Rung['name'],
  name: string,
  flags: readonly string[],
  more: Partial<AgentStart> = {},
): PostureRow => {
  const { posture: claim, end } = rungNamed(rung);
  return {
    name,
    start: { flags: [...flags, '--on-stop=detach'], ...more },
    comesTo: { kind: 'posture', claim, end },
  };
};

const observing = (
  name: string,
  claim: Partial<PostureClaim>,
  flags: readonly string[],
  more: Partial<AgentStart> = {},
): PostureRow => ({
  name,
  start: { flags: [...flags, '--on-stop=detach'], ...more },
  comesTo: {
    kind: 'posture',
    claim: {
      state: 'AUDIT_FALLBACK',
      mechanism: 'none',
      auditOnly: true,
      enforceCapable: false,
      guarantee: 'none',
      ...claim,
    },
    end: 'allowed',
  },
});

const noBpf = { blocker: 'BPF_LSM_DISABLED' };
const enforce = '--enforce';
const auditFallback = '--enforce-gate-mode=audit-fallback';
/** Takes a file system away from the agent's unit, really: an empty one is mounted over it. */
const without = (path: string) => ({ properties: [`TemporaryFileSystem=${path}`] });

/** Everything a kernel without BPF-LSM can come to: each gate mode, each opt-in, each thing that may be missing. */
export const rowsWithoutBpfLsm: readonly PostureRow[] = [
  refusal('nothing opted in, fail-closed: refused', 'BPF_LSM_DISABLED', [enforce]),
  refusal('BPF-LSM listed but inert: refused', 'BPF_LSM_INERT', [enforce], {
    lsmSeam: 'lockdown,capability,bpf',
  }),
  refusal('a signal rung without a signal: refused', 'CAPABILITY_AUDIT_ONLY', [
    enforce,
    '--enforce-fallback=signal',
    '--enforce-signal=none',
  ]),
  refusal(
    'no bpffs: refused',
    'BPFFS_UNMOUNTED',
    [enforce, '--enforce-fallback=auto'],
    without('/sys/fs/bpf'),
  ),
  refusal(
    'no cgroup v2: refused',
    'CGROUP_V2_MISSING',
    [enforce, '--enforce-fallback=auto'],
    without('/sys/fs/cgroup'),
  ),
  refusal(
    'no kernel types: refused',
    'CORE_UNSUPPORTED',
    [enforce, '--enforce-fallback=auto'],
    without('/sys/kernel/btf'),
  ),
  refusal(
    'no capability to load programs: refused',
    'PERMISSION_MISSING',
    [enforce, '--enforce-fallback=auto'],
    {
      properties: ['CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF CAP_PERFMON'],
    },
  ),
  observing('nothing opted in, audit-fallback: only reports', { ...noBpf, mechanism: 'fentry' }, [
    enforce,
    auditFallback,
  ]),
  observing('asked to audit: only reports', { ...noBpf, mechanism: 'fentry' }, ['--audit']),
  observing(
    'no capability, audit-fallback: claims nothing',
    { blocker: 'PERMISSION_MISSING' },
    [enforce, auditFallback],
    {
      properties: ['CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF CAP_PERFMON'],
    },
  ),
  standing('override', 'override opted in: denies by fmod_ret', [enforce, '--enforce-fallback=override']),
  standing('override', 'auto: the strongest rung that is felt', [
    enforce,
    '--enforce-fallback=auto',
    auditFallback,
  ]),
  standing('fentry', 'signal opted in: the stronger arm', [enforce, '--enforce-fallback=signal']),
  standing(
    'tracepoint',
    'the weaker arm, without tracefs',
    rungNamed('tracepoint').flags,
    without('/sys/kernel/tracing'),
  ),
];

/** What a kernel with BPF-LSM comes to when asked for less, or when others are opted in, too. */
export const rowsWithBpfLsm: readonly PostureRow[] = [
  standing('lsm', 'enforce: denies by BPF-LSM', [enforce]),
  standing('lsm', 'enforce with every fallback opted in: still BPF-LSM', [
    enforce,
    auditFallback,
    '--enforce-fallback=auto',
  ]),
  observing('asked to audit: capable, and only reports', { mechanism: 'lsm', enforceCapable: true }, [
    '--audit',
  ]),
];

/** Every rung on one boot: those below the first by making the agent believe that there is no BPF-LSM. */
export const rowsOfEveryRung: readonly PostureRow[] = (
  ['lsm', 'override', 'fentry', 'tracepoint'] as const
).map((rung) =>
  standing(
    rung,
    `the ${rung} rung enforces`,
    rungNamed(rung).flags,
    rung === 'lsm' ? {} : { lsmSeam: listWithoutBpf },
  ),
);
