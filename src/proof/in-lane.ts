import { AegisError } from '../errors.js';
import {
  demandKnownKernel,
  kernelNames,
  runInGuest,
  runMany,
  type GuestJob,
  type GuestResult,
  type RunGuestOptions,
} from '../vm/index.js';
import { exitCodeOf, combine } from '../posture/verdict.js';
import { explain } from './kit.js';
import { LaneEventReader } from './lane-event.js';
import type { PlannedBoot } from './lane-plan.js';
import type { LaneFacts, MachineRecord } from './run-record.js';
import type { ProveOptions } from './on-host.js';

export { planBoots } from './lane-plan.js';

/** The kernels that `--vm` names; `all` stands for every known one. Throws `UNKNOWN_KERNEL` with the nearest name. */
export function resolveKernels(asked: readonly string[]): readonly string[] {
  const kernels = asked.flatMap((name) => (name === 'all' ? kernelNames : [name]));
  for (const kernel of kernels) demandKnownKernel(kernel);
  return [...new Set(kernels)];
}

/** Where the lane puts src/guest-main.ts of the build under test. */
const guestMain = '/opt/aegis/lib/src/guest-main.js';

export interface LaneOptions extends ProveOptions {
  onProgress(where: string, text: string): void;
  /** Called once for each boot, as it ends. */
  onMachine(machine: MachineRecord): void;
}

/**
 * Boots each planned machine and runs the scenarios in it with the build under test. Never throws for a machine that
 * could not be had or was lost: its record says so, and what it had proven before stays in it.
 */
export async function proveInLane(
  boots: readonly PlannedBoot[],
  options: LaneOptions,
): Promise<readonly MachineRecord[]> {
  return await runMany(
    boots.map((boot) => async () => {
      const machine = await proveOnBoot(boot, options);
      options.onMachine(machine);
      return machine;
    }),
  );
}

async function proveOnBoot(boot: PlannedBoot, options: LaneOptions): Promise<MachineRecord> {
  const where = `${boot.kernel} (${[`lsm=${boot.lsm}`, ...(boot.append ?? [])].join(' ')})`;
  const reader = new LaneEventReader((event) => options.onEvent(where, event));
  const job: GuestJob = {
    kernel: boot.kernel,
    lsm: boot.lsm,
    ...(boot.append ? { append: boot.append } : {}),
    argv: ['node', guestMain, String(options.stepTimeoutMs / 1000), ...boot.names],
    // A scenario has about twenty steps and most take no time at all; five at their limit is a lost machine.
    timeoutMs: 60_000 + boot.names.length * 5 * options.stepTimeoutMs,
  };
  const noise = (text: string) => void reader.noise.push(text);
  const guest: RunGuestOptions = {
    signal: options.signal,
    onStdout: (chunk) => reader.push(chunk.toString('utf8')),
    onStderr: (chunk) => noise(chunk.toString('utf8').trimEnd()),
    onProgress: (text) => options.onProgress(where, text),
  };
  try {
    const result = await runInGuest(job, guest);
    return finish(where, boot, reader, result);
  } catch (error) {
    return { where, ...seen(reader), error: explain(error) };
  }
}

function seen(reader: LaneEventReader): Pick<MachineRecord, 'scenarios' | 'kernel'> {
  return { scenarios: reader.scenarios, ...(reader.kernel ? { kernel: reader.kernel } : {}) };
}

/** A guest is believed only when it told every scenario that was asked for and its exit code agrees with them. */
function finish(
  where: string,
  boot: PlannedBoot,
  reader: LaneEventReader,
  result: GuestResult,
): MachineRecord {
  const lane: LaneFacts = {
    kernel_digest: result.kernelDigest,
    image_digest: result.imageDigest,
    accel: result.accel,
    qemu_version: result.qemuVersion,
    boot_ms: Math.round(result.bootMs),
    total_ms: Math.round(result.totalMs),
  };
  const machine = { where, ...seen(reader), lane };
  const told = reader.scenarios.map((record) => `${record.proof}/${record.scenario}`);
  const missing = boot.names.filter((name) => !told.includes(name));
  const expected = exitCodeOf(combine(reader.scenarios.map((record) => record.verdict)));
  if (missing.length === 0 && result.exitCode === expected) return machine;
  const why =
    missing.length > 0
      ? `the guest ended with exit code ${result.exitCode} and told nothing of ${missing.join(', ')}`
      : `the guest ended with exit code ${result.exitCode}, which its own records contradict (${expected})`;
  return {
    ...machine,
    error: explain(new AegisError('MACHINE_LOST', why, { detail: reader.noise.slice(-20).join('\n') })),
  };
}
