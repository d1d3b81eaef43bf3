import { join } from 'node:path';
import { execa } from 'execa';
import { AegisError, messageOf } from '../errors.js';
import { nativeBin } from '../paths.js';

/** Kernel numbers from include/uapi/linux/bpf.h that the witness tells apart. */
const programType = { tracepoint: 5, rawTracepoint: 17, tracing: 26, lsm: 29 } as const;
const attachType = { traceRawTp: 23, traceFentry: 24, modifyReturn: 26, lsmMac: 27 } as const;

export interface BpfProgram {
  readonly id: number;
  readonly type: number;
  readonly name: string;
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
 * Counts what appeared between two snapshots, by mechanism. Tracepoints have no link before 5.15, so they are counted
 * by program; the others by link, since a loaded program that is not attached enforces nothing.
 */
export function attachedSince(before: BpfSnapshot, after: BpfSnapshot): Attachment {
  const known = new Set(before.links.map((link) => link.id));
  const links = after.links.filter((link) => !known.has(link.id));
  const loaded = new Set(before.programs.map((program) => program.id));
  const programs = after.programs.filter((program) => !loaded.has(program.id));
  const byAttach = (type: number) => links.filter((link) => link.attach_type === type).length;
  const tracepointTypes: readonly number[] = [programType.tracepoint, programType.rawTracepoint];
  return {
    lsm: byAttach(attachType.lsmMac),
    fmod_ret: byAttach(attachType.modifyReturn),
    fentry: byAttach(attachType.traceFentry),
    tracepoint:
      byAttach(attachType.traceRawTp) +
      programs.filter((program) => tracepointTypes.includes(program.type)).length,
  };
}
