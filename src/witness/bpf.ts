import { join } from 'node:path';
import { execa } from 'execa';
import { AegisError, messageOf } from '../errors.js';
import { nativeBin } from '../paths.js';

/** Kernel numbers from include/uapi/linux/bpf.h that the witness tells apart. */
const tracepointProgram = 5;
const linkType = { rawTracepoint: 1, tracing: 2, perfEvent: 7 } as const;
const attachType = { fentry: 24, modifyReturn: 26, lsmMac: 27 } as const;

export interface BpfProgram {
  readonly id: number;
  readonly type: number;
  readonly name: string;
  /** Nanoseconds in it and times it ran, all CPUs together; 0 unless `kernel.bpf_stats_enabled` is set. */
  readonly run_time_ns: number;
  readonly run_cnt: number;
}

export interface BpfLink {
  readonly id: number;
  readonly type: number;
  readonly attach_type: number;
  readonly prog_id: number;
  /** The kernel function the link sits on; empty where the kernel does not tell. */
  readonly target: string;
}

/** All BPF programs and links of the machine at one moment. */
export interface BpfSnapshot {
  readonly programs: readonly BpfProgram[];
  readonly links: readonly BpfLink[];
}

/** Asks the kernel, by the `aegis-witness` program and without the agent, which BPF programs and links exist. */
export async function readBpfSnapshot(): Promise<BpfSnapshot> {
  try {
    const { stdout } = await execa(join(nativeBin, 'aegis-witness'));
    return JSON.parse(stdout) as BpfSnapshot;
  } catch (cause) {
    throw new AegisError(
      'COMMAND_FAILED',
      `cannot ask the kernel for its BPF programs: ${messageOf(cause)}`,
      {
        cause,
        wayOut: 'Run as root, after `npm run build`.',
      },
    );
  }
}

/** How the programs that appeared between two snapshots are bound to the kernel. */
export interface Attachment {
  readonly lsm: number;
  readonly fmod_ret: number;
  readonly fentry: number;
  readonly tracepoint: number;
}

/**
 * Counts what appeared between two snapshots, by mechanism: links, since a loaded program that is not attached enforces
 * nothing. Plain tracepoint programs have no link before 5.15, so those count by themselves.
 */
export function attachedSince(before: BpfSnapshot, after: BpfSnapshot): Attachment {
  const known = new Set(before.links.map((link) => link.id));
  const links = after.links.filter((link) => !known.has(link.id));
  const loaded = new Set(before.programs.map((program) => program.id));
  const programs = after.programs.filter((program) => !loaded.has(program.id));
  const tracing = (type: number) =>
    links.filter((link) => link.type === linkType.tracing && link.attach_type === type).length;
  const byType = (type: number) => links.filter((link) => link.type === type).length;
  return {
    lsm: tracing(attachType.lsmMac),
    fmod_ret: tracing(attachType.modifyReturn),
    fentry: tracing(attachType.fentry),
    tracepoint:
      byType(linkType.rawTracepoint) +
      Math.max(
        byType(linkType.perfEvent),
        programs.filter((program) => program.type === tracepointProgram).length,
      ),
  };
}
