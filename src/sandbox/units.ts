import { AegisError } from '../errors.js';
import { run, type Ended, type RunOptions } from './run.js';

/** Milliseconds that systemd gets to answer; a unit that has to be stopped by force takes its time. */
const answerDeadline = 120_000;

async function systemctl(args: readonly string[]): Promise<Ended> {
  return await run(['systemctl', '--no-pager', ...args], { timeoutMs: answerDeadline });
}

function broken(act: string, ended: Ended): AegisError {
  return new AegisError(
    'COMMAND_FAILED',
    `cannot ${act}: ${ended.timedOut ? 'systemd did not answer in time' : (ended.startError ?? ended.stderr.trim()) || `exit ${ended.exitCode}`}`,
    { wayOut: 'Check that systemd is PID 1 and that this is run as root.' },
  );
}

/**
 * Temporary slices: each a cgroup subtree of its own, made before anything runs in it. Returns their cgroups in the
 * same order. One call for all, as each `systemctl` costs a guest a tenth of a second.
 */
export async function startSlices(slices: readonly string[]): Promise<readonly string[]> {
  const started = await systemctl(['start', ...slices]);
  if (started.exitCode !== 0) throw broken(`start the slices ${slices.join(' ')}`, started);
  const shown = await systemctl(['show', '--property=ControlGroup', '--value', ...slices]);
  const cgroups = shown.stdout.split('\n').filter((line) => line.startsWith('/'));
  if (shown.exitCode !== 0 || cgroups.length !== slices.length)
    throw broken(`find the cgroups of ${slices.join(' ')}`, shown);
  return cgroups.map((cgroup) => `/sys/fs/cgroup${cgroup}`);
}

/**
 * Runs a program in a transient scope inside a slice. The program replaces systemd-run, so how it ended is told
 * first-hand, not by systemd; an `Ended` whose output lacks the program's own marks may come from systemd-run itself.
 */
export async function runInScope(
  unit: string,
  slice: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return await run(scopeArgv(unit, slice, argv), options);
}

/** The command line that replaces itself with the program, in a transient scope inside the slice. */
export function scopeArgv(unit: string, slice: string, argv: readonly string[]): readonly string[] {
  return [
    'systemd-run',
    '--scope',
    '--quiet',
    '--collect',
    `--unit=${unit}`,
    `--slice=${slice}`,
    '--',
    ...argv,
  ];
}

export interface ServiceOptions {
  readonly env: Readonly<Record<string, string>>;
  /** systemd unit properties, `Name=value`. */
  readonly properties: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Starts a transient service and returns once it announced readiness, or says how that failed. */
export async function startService(
  unit: string,
  argv: readonly string[],
  options: ServiceOptions,
): Promise<Ended> {
  return await run(
    [
      'systemd-run',
      '--quiet',
      `--unit=${unit}`,
      ...options.properties.map((property) => `--property=${property}`),
      ...Object.entries(options.env).map(([name, value]) => `--setenv=${name}=${value}`),
      '--',
      ...argv,
    ],
    { timeoutMs: options.timeoutMs, ...(options.signal ? { signal: options.signal } : {}) },
  );
}

export interface UnitState {
  readonly activeState: string;
  readonly mainPid: number;
  readonly result: string;
  readonly execMainStatus: number;
}

/** What systemd says of a unit now. An unknown unit is `inactive`. */
export async function showUnit(unit: string): Promise<UnitState> {
  const shown = await systemctl(['show', '--property=ActiveState,MainPID,Result,ExecMainStatus', unit]);
  if (shown.exitCode !== 0) throw broken(`ask systemd about ${unit}`, shown);
  const fields = new Map(shown.stdout.split('\n').map((line) => line.split('=', 2) as [string, string]));
  return {
    activeState: fields.get('ActiveState') ?? '',
    mainPid: Number(fields.get('MainPID') ?? 0),
    result: fields.get('Result') ?? '',
    execMainStatus: Number(fields.get('ExecMainStatus') ?? 0),
  };
}

/** Stops units and waits until they are down; one that is not there is fine. A failure stays for `showUnit` to tell. */
export async function stopUnits(units: readonly string[]): Promise<void> {
  if (units.length === 0) return;
  const stopped = await systemctl(['stop', ...units]);
  // 5: not loaded, so there is nothing left to stop.
  if (stopped.exitCode !== 0 && stopped.exitCode !== 5) throw broken(`stop ${units.join(' ')}`, stopped);
}

/** Stops units and makes systemd forget them, failed or not. */
export async function removeUnits(units: readonly string[]): Promise<void> {
  if (units.length === 0) return;
  await stopUnits(units);
  // Refused when there is no failure to forget, which is just as well.
  await systemctl(['reset-failed', ...units]);
}

/** Units, in any state, whose name begins with the prefix. */
export async function unitsNamed(prefix: string): Promise<readonly string[]> {
  const listed = await systemctl(['list-units', '--all', '--plain', '--no-legend', `${prefix}*`]);
  if (listed.exitCode !== 0) throw broken('list the units', listed);
  return listed.stdout
    .split('\n')
    .map((line) => line.split(/\s+/)[0] ?? '')
    .filter(Boolean);
}
