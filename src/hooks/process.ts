import { spawn, type ChildProcess } from 'node:child_process';
import { BoundedCapture, type StreamDigest } from './capture.js';
import { endGroup, forgetGroup, signalGroup, trackGroup } from './process-group.js';

// Node's own spawn and not a library: what matters here is the group (setsid, kill by group, left-overs), which
// process libraries leave to the caller.

/** Milliseconds between SIGTERM and SIGKILL, unless the request says otherwise. */
const defaultTermGraceMs = 500;
/** Milliseconds the pipes may stay open once the leader is gone: a process that left the group may hold them. */
const drainMs = 250;

export interface ProcessRequest {
  /** Absolute path (or, for `stdio: 'inherit'`, a name to look up in PATH), then the arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** `capture`: stdin gets `input`, stdout and stderr are captured. `inherit`: all three are this process's own. */
  readonly stdio: 'capture' | 'inherit';
  readonly input?: string;
  /** Undefined: no limit of its own. */
  readonly timeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly termGraceMs?: number;
  /** Let processes live on that the leader leaves behind when it exits by itself. */
  readonly leaveBackground?: boolean;
  /** Aborting ends the process like a time-out does. */
  readonly signal?: AbortSignal;
  /** Called once a process has really started. */
  readonly onStarted?: () => void;
}

export type ProcessStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'cannot_start'; readonly errno: string; readonly message: string };

export interface ProcessResult {
  readonly status: ProcessStatus;
  readonly started: boolean;
  readonly durationMs: number;
  readonly stdout: StreamDigest;
  readonly stderr: StreamDigest;
  /** The first bytes of stdout, at most `captureLimit`. */
  readonly answer: Buffer;
}

/**
 * Runs a program in a session and process group of its own and sees the whole group to its end: at the time-out
 * SIGTERM, then SIGKILL, and SIGKILL to whoever is left when the leader exits by itself. Never throws: what can go
 * wrong is a status. A process that made a session of its own is out of reach; its pipes are let go.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const startedAt = performance.now();
  const stdout = new BoundedCapture();
  const stderr = new BoundedCapture();
  const finish = (status: ProcessStatus, started: boolean): ProcessResult => {
    const out = stdout.finish();
    return {
      status,
      started,
      durationMs: Math.round(performance.now() - startedAt),
      stdout: out.digest,
      stderr: stderr.finish().digest,
      answer: out.content,
    };
  };
  if (request.signal?.aborted) return finish({ kind: 'cancelled' }, false);

  let child: ChildProcess;
  try {
    child = launch(request);
  } catch (error) {
    // NUL bytes and over-long arguments are thrown, not emitted.
    return finish(cannotStart(error), false);
  }
  child.stdout?.on('data', (chunk: Buffer) => stdout.take(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.take(chunk));
  // A hook may close its stdin unread.
  child.stdin?.on('error', () => {});
  child.stdin?.end(request.input ?? '');

  const pid = child.pid;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    return finish(cannotStart(error), false);
  }
  trackGroup(pid);
  request.onStarted?.();
  const status = await superviseLeader(child, pid, request);
  const endedByItself = status.kind === 'exited' || status.kind === 'signalled';
  if (endedByItself && request.leaveBackground) forgetGroup(pid);
  else endGroup(pid);
  await closePipes(child);
  return finish(status, true);
}

function launch(request: ProcessRequest): ChildProcess {
  const [file, ...args] = request.argv;
  if (file === undefined) throw new Error('an empty argument list names no program');
  return spawn(file, args, {
    cwd: request.cwd,
    env: { ...request.env },
    detached: true,
    stdio: request.stdio === 'inherit' ? 'inherit' : ['pipe', 'pipe', 'pipe'],
  });
}

/** Waits for the leader's exit, ending it when its time is over or the caller aborts. */
async function superviseLeader(
  child: ChildProcess,
  pid: number,
  request: ProcessRequest,
): Promise<ProcessStatus> {
  let stopped: ProcessStatus | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (why: ProcessStatus) => {
    if (stopped) return;
    stopped = why;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), request.termGraceMs ?? defaultTermGraceMs);
  };
  const timer =
    request.timeoutMs === undefined
      ? undefined
      : setTimeout(() => stop({ kind: 'timed_out' }), request.timeoutMs);
  const onAbort = () => stop({ kind: 'cancelled' });
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await new Promise<ProcessStatus>((resolve) => {
      child.once('exit', (code, signal) => {
        if (stopped) resolve(stopped);
        else if (signal !== null) resolve({ kind: 'signalled', signal });
        else resolve({ kind: 'exited', code: code ?? 0 });
      });
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(killTimer);
    request.signal?.removeEventListener('abort', onAbort);
  }
}

/** Reads what the pipes still hold, and lets them go when somebody outside the group keeps them open. */
async function closePipes(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream && !stream.closed);
  if (open.length === 0) return;
  const closed = Promise.all(
    open.map((stream) => new Promise<void>((resolve) => stream?.once('close', resolve))),
  );
  const timer = setTimeout(() => open.forEach((stream) => stream?.destroy()), drainMs);
  await closed;
  clearTimeout(timer);
  child.stdin?.destroy();
}

function cannotStart(error: unknown): ProcessStatus {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'cannot_start', errno: code ?? 'UNKNOWN', message };
}
