/** Runs commands in guests of the lane and collects what they print. */
import { runInGuest, type GuestJob, type GuestResult } from '../../src/vm/index.js';

export interface GuestRun extends GuestResult {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** One job; kernel 6.12 and two minutes unless told otherwise. */
export async function inGuest(
  job: Partial<GuestJob> & Pick<GuestJob, 'argv'>,
  options: { signal?: AbortSignal; onStart?: (pid: number) => void; onStdout?: (text: string) => void } = {},
): Promise<GuestRun> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const result = await runInGuest(
    { kernel: '6.12', timeoutMs: 120_000, ...job },
    {
      signal: options.signal ?? new AbortController().signal,
      onProgress: () => undefined,
      onStdout: (bytes) => {
        stdout.push(bytes);
        options.onStdout?.(bytes.toString('utf8'));
      },
      onStderr: (bytes) => void stderr.push(bytes),
      ...(options.onStart ? { onStart: options.onStart } : {}),
    },
  );
  return { ...result, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') };
}

/** Runs shell text in a guest. */
export function shellInGuest(text: string, job: Partial<GuestJob> = {}): Promise<GuestRun> {
  return inGuest({ ...job, argv: ['sh', '-c', text] });
}
