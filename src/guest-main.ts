/**
 * The guest's end of a proof in the lane: runs the scenarios named as arguments and prints each event as a JSON line.
 * Its own entry, because under emulation loading the command line takes longer than most experiments.
 *
 * Usage: guest-main.js STEP_TIMEOUT_SECONDS PROOF/SCENARIO...   Exit code: as `aegis prove`.
 */
import { exitCodeOf } from './posture/verdict.js';
import type { LaneEvent } from './proof/lane-event.js';
import { proveOnHost } from './proof/on-host.js';
import { selectProofs } from './proof/registry.js';
import { verdictOf } from './proof/run-record.js';

const [seconds, ...names] = process.argv.slice(2);
const tell = (event: LaneEvent) => process.stdout.write(`${JSON.stringify(event)}\n`);

// The host ends this process by taking the machine away; nothing here outlives that.
const machine = await proveOnHost(await selectProofs(names), {
  signal: new AbortController().signal,
  stepTimeoutMs: Number(seconds) * 1000,
  keep: false,
  onEvent: (_where, event) => tell(event),
});
tell({ event: 'machine', ...(machine.kernel ? { kernel: machine.kernel } : {}) });
process.exitCode = exitCodeOf(verdictOf(machine));
