import { runInGuest, type GuestResult } from '../src/vm/index.js';

/** Runs a script of `bench/guest/` in a guest and returns the JSON it printed, with what the lane tells of the guest. */
export async function guestFigures<T>(
  script: string,
  timeoutMs: number,
): Promise<{ readonly figures: T; readonly guest: GuestResult }> {
  let stdout = '';
  let stderr = '';
  const guest = await runInGuest(
    { kernel: '6.12', argv: ['node', `/opt/aegis/lib/bench/guest/${script}.js`], timeoutMs },
    {
      signal: new AbortController().signal,
      onStdout: (chunk) => void (stdout += chunk.toString()),
      onStderr: (chunk) => void (stderr += chunk.toString()),
      onProgress: () => undefined,
    },
  );
  if (guest.exitCode !== 0) throw new Error(`the measurement in the guest failed: ${stderr}`);
  return { figures: JSON.parse(stdout) as T, guest };
}
