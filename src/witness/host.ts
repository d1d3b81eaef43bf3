import { access, constants, readFile, statfs } from 'node:fs/promises';
import { execa } from 'execa';
import { messageOf } from '../errors.js';
import { feltRequirement, type Requirement } from '../posture/requirement.js';
import { feelLoads, type FeltLoads } from './feel.js';

/** Filesystem magic numbers, from include/uapi/linux/magic.h. */
const magic = { cgroup2: 0x63677270, bpf: 0xcafe4a11, tracefs: 0x74726163 } as const;

const inLane = 'Prove it in the embedded lane with --vm.';

/** Milliseconds that systemd gets to run `true` in a scope. */
const systemdDeadline = 10_000;

/**
 * What a machine must have so that enforcement can be proven on it. Each is felt where that is possible at all: the
 * scope is run, the BPF programs are loaded, the file systems are asked for their type. Nothing is left behind.
 */
export async function hostRequirements(): Promise<readonly Requirement[]> {
  const felt = await Promise.all([
    systemdRequirement(),
    filesystemRequirement('cgroup v2', '/sys/fs/cgroup', magic.cgroup2, {
      wayOut: 'Boot with systemd.unified_cgroup_hierarchy=1.',
    }),
    filesystemRequirement('bpffs', '/sys/fs/bpf', magic.bpf, {
      wayOut: 'Mount it: mount -t bpf bpf /sys/fs/bpf',
    }),
    filesystemRequirement('tracefs', '/sys/kernel/tracing', magic.tracefs, {
      wayOut: 'Mount it: mount -t tracefs tracefs /sys/kernel/tracing',
    }),
    btfRequirement('/sys/kernel/btf/vmlinux'),
    loadRequirement(feelLoads),
  ]);
  return [rootRequirement(process.getuid?.()), ...felt];
}

/** @param uid of this process */
export function rootRequirement(uid: number | undefined): Requirement {
  return uid === 0
    ? { name: 'root', met: true }
    : { name: 'root', met: false, reason: `this runs as user ${uid ?? '?'}`, wayOut: 'Run it with sudo.' };
}

/**
 * systemd as PID 1, and a transient scope that really runs. A `systemd-run` that is broken must not look like an act
 * that was denied, so the scope has to print a word of ours.
 * @param comm the file that names PID 1
 * @param command what runs a program in a scope
 */
export async function systemdRequirement(
  comm = '/proc/1/comm',
  command: readonly string[] = ['systemd-run', '--scope', '--quiet', '--collect'],
): Promise<Requirement> {
  const name = 'systemd';
  const unmet = (reason: string): Requirement => ({ name, met: false, reason, wayOut: inLane });
  const first = await readFile(comm, 'utf8').then(
    (text) => text.trim(),
    () => 'unknown',
  );
  if (first !== 'systemd') return unmet(`PID 1 is ${first}, not systemd`);
  const [program = '', ...args] = [...command, '--', 'echo', 'ran'];
  try {
    const { stdout } = await execa(program, args, { timeout: systemdDeadline });
    return stdout === 'ran' ? { name, met: true } : unmet('systemd-run ran nothing, yet ended well');
  } catch (error) {
    return unmet(`systemd-run fails: ${messageOf(error).split('\n').join(' ')}`);
  }
}

/**
 * A kernel file system of the given type at its usual place.
 * @param type its magic number
 */
export async function filesystemRequirement(
  name: string,
  path: string,
  type: number,
  { wayOut }: { readonly wayOut: string },
): Promise<Requirement> {
  return await feltRequirement(name, wayOut, async () => {
    const found = await statfs(path);
    return found.type === type ? undefined : `${path} is another kind of file system`;
  });
}

/** The kernel's own type information, which CO-RE programs are fitted to. */
export async function btfRequirement(path: string): Promise<Requirement> {
  const wayOut = 'Boot a kernel built with CONFIG_DEBUG_INFO_BTF.';
  return await feltRequirement('kernel BTF', wayOut, () => access(path, constants.R_OK));
}

/**
 * That tracing programs load. BPF-LSM is no part of it: to work without is what some proofs are about.
 * @param feel asks the kernel
 */
export async function loadRequirement(feel: () => Promise<FeltLoads>): Promise<Requirement> {
  const name = 'BPF programs load';
  try {
    const felt = await feel();
    const refused = (['fentry', 'tracepoint'] as const).filter((mechanism) => felt[mechanism] !== undefined);
    if (refused.length === 0) return { name, met: true };
    const reason = refused.map(
      (mechanism) => `the kernel refused a ${mechanism} program (${felt[mechanism]})`,
    );
    return { name, met: false, reason: reason.join(' and '), wayOut: inLane };
  } catch (error) {
    return { name, met: false, reason: messageOf(error), wayOut: 'Run `npm run setup`.' };
  }
}
