import type { ExpectedEnd } from './denied-read.js';

export interface Rung {
  readonly name: string;
  readonly bpfLsm: boolean;
  readonly flags: readonly string[];
  readonly end: ExpectedEnd;
}

const denied = { kind: 'denied', errno: 'EPERM' } as const;
const killed = { kind: 'killed', signal: 'SIGKILL' } as const;
const fallback = (...flags: string[]) => ['--enforce', ...flags];

/** The ladder, strongest first; each rung on a kernel on which it is the one to stand on. */
export const rungs: readonly Rung[] = [
  { name: 'lsm', bpfLsm: true, flags: ['--enforce'], end: denied },
  { name: 'override', bpfLsm: false, flags: fallback('--enforce-fallback=override'), end: denied },
  {
    name: 'fentry',
    bpfLsm: false,
    flags: fallback('--enforce-fallback=signal', '--signal-arm=fentry'),
    end: killed,
  },
  {
    name: 'tracepoint',
    bpfLsm: false,
    flags: fallback('--enforce-fallback=signal', '--signal-arm=tracepoint'),
    end: killed,
  },
];
