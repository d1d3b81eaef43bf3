import type { ExpectedEnd } from './denied-read.js';
import type { Mechanism } from '../posture/report.js';
import type { PostureClaim } from './claims.js';

/** One rung of the ladder: how it is asked for, what it has to claim, and how a denied act ends on it. */
export interface Rung {
  readonly name: 'lsm' | 'override' | 'fentry' | 'tracepoint';
  /** Whether the kernel lists BPF-LSM where this is the rung to stand on. */
  readonly bpfLsm: boolean;
  /** Flags of `aegis-agent run` that lead to it. */
  readonly flags: readonly string[];
  readonly end: ExpectedEnd;
  readonly posture: PostureClaim & { readonly mechanism: Exclude<Mechanism, 'none'> };
  /** Whether it denies by inode, so that another name of the file does not get round it. */
  readonly isInodeTrue: boolean;
}

const denied = { kind: 'denied', errno: 'EPERM' } as const;
const killed = { kind: 'killed', signal: 'SIGKILL' } as const;
const fallback = {
  auditOnly: false,
  enforceCapable: false,
  blocker: 'BPF_LSM_DISABLED',
} as const;

/** The ladder, strongest first; what stands below the fourth rung stops nothing. */
export const rungs: readonly Rung[] = [
  {
    name: 'lsm',
    bpfLsm: true,
    flags: ['--enforce'],
    end: denied,
    posture: {
      state: 'ENFORCE',
      mechanism: 'lsm',
      auditOnly: false,
      enforceCapable: true,
      guarantee: 'synchronous',
    },
    isInodeTrue: true,
  },
  {
    name: 'override',
    bpfLsm: false,
    flags: ['--enforce', '--enforce-fallback=override'],
    end: denied,
    posture: {
      ...fallback,
      state: 'ENFORCE_OVERRIDE',
      mechanism: 'fmod_ret',
      guarantee: 'synchronous',
    },
    isInodeTrue: true,
  },
  {
    name: 'fentry',
    bpfLsm: false,
    flags: ['--enforce', '--enforce-fallback=signal', '--signal-arm=fentry'],
    end: killed,
    posture: { ...fallback, state: 'ENFORCE_SIGNAL', mechanism: 'fentry', guarantee: 'before_return' },
    isInodeTrue: true,
  },
  {
    name: 'tracepoint',
    bpfLsm: false,
    flags: ['--enforce', '--enforce-fallback=signal', '--signal-arm=tracepoint'],
    end: killed,
    posture: { ...fallback, state: 'ENFORCE_SIGNAL', mechanism: 'tracepoint', guarantee: 'by_path' },
    isInodeTrue: false,
  },
];

/** The rung of that name. */
export function rungNamed(name: Rung['name']): Rung {
  const found = rungs.find((rung) => rung.name === name);
  if (!found) throw new Error(`there is no rung ${name}`);
  return found;
}

/** An LSM list without BPF-LSM, for the seam that makes an agent believe it. */
export const listWithoutBpf = 'lockdown,capability,yama,apparmor';
