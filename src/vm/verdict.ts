import { AegisError, type ErrorCode } from '../errors.js';

/** What is known of a machine that ended, or was ended, without doing its work. */
export interface Loss {
  /** The end of the serial console's log. */
  readonly console: string;
  /** What QEMU itself printed. */
  readonly qemuOutput: string;
  /** How QEMU ended, as a clause; undefined when it was still running. */
  readonly ended: string | undefined;
  /** Whether the initramfs had handed over to the guest's own process 1. */
  readonly handedOver: boolean;
  /** Whether the guest's channel had come up. */
  readonly greeted: boolean;
  /** The deadline that was missed, in ms. */
  readonly deadlineMs?: number;
}

/** The one error that says why a machine is lost. Never a result: nothing was checked. */
export function lossError(kernel: string, loss: Loss): AegisError {
  const [code, cause, wayOut] = judge(loss);
  const act = loss.greeted ? `finish the run on kernel ${kernel}` : `boot kernel ${kernel}`;
  const detail = [loss.qemuOutput.trim(), tailOf(loss.console)].filter(Boolean).join('\n');
  return new AegisError(code, `cannot ${act}: ${cause}`, {
    wayOut,
    ...(detail ? { detail } : {}),
  });
}

function judge({
  console,
  ended,
  handedOver,
  greeted,
  deadlineMs,
  qemuOutput,
}: Loss): [ErrorCode, string, string] {
  const panic = /Kernel panic - not syncing: ([^\r\n]*)/.exec(console)?.[1];
  if (panic?.startsWith('Attempted to kill init') && !greeted)
    return ['NO_SYSTEMD', 'its process 1 ended, so that systemd never ran', wayOuts.init];
  if (panic) return ['KERNEL_PANIC', `the kernel panicked (${panic})`, wayOuts.log];
  if (deadlineMs !== undefined) {
    const waited = `${Math.round(deadlineMs / 1000)} s`;
    if (greeted) return ['TIMED_OUT', `the command did not end within ${waited}`, wayOuts.timeout];
    if (handedOver) return ['NO_SYSTEMD', `systemd did not start the channel within ${waited}`, wayOuts.init];
    return ['TIMED_OUT', `the kernel did not reach user space within ${waited}`, wayOuts.timeout];
  }
  const given = /aegis-initramfs: ([^\r\n]*)/.exec(console)?.[1];
  if (given && !handedOver) return ['MACHINE_LOST', given, wayOuts.log];
  if (qemuOutput.includes('No space left'))
    return ['DISK_FULL', 'QEMU found no space left for its overlay', 'Free some space in /var/tmp.'];
  return ['MACHINE_LOST', ended ?? 'its channel closed', wayOuts.log];
}

const wayOuts = {
  init: 'Read the end of the console log below; an init= parameter must name systemd.',
  log: 'Read the end of the console log below.',
  timeout: 'Allow it more with --timeout, or read the end of the console log below.',
};

const tailLines = 25;

/**
 * The last lines of a console log, without the terminal's control sequences and the frames a stack trace only guesses. The
 * line that names a panic is kept, however long the trace below it is.
 */
export function tailOf(console: string): string {
  const lines = console
    .replace(/\u001b(\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])/g, '')
    .replace(/[^\n\t\x20-\x7e\u00a0-\uffff]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line && !/^\[[ .\d]+\]\s+\? /.test(line));
  const tail = lines.slice(-tailLines);
  const panic = lines.filter((line) => line.includes('Kernel panic - not syncing')).at(-1);
  return (panic === undefined || tail.includes(panic) ? tail : [panic, '...', ...tail]).join('\n');
}
