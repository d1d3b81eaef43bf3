import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { run } from '../../src/sandbox/run.js';
import { packageRoot } from '../../src/paths.js';

export interface Echo {
  readonly socketPath: string;
  end(): Promise<void>;
}

/** Builds and starts the bare echo that the runtime is measured against. */
export async function startEcho(folder: string): Promise<Echo> {
  const built = await run(
    ['make', '--no-print-directory', '-C', join(packageRoot, 'native'), 'runtime-echo'],
    {
      timeoutMs: 120_000,
    },
  );
  if (built.exitCode !== 0) throw new Error(`cannot build the echo: ${built.stderr}`);
  const socketPath = join(folder, 'echo.sock');
  const child = spawn(join(packageRoot, 'build', 'bench', 'echo'), [socketPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    socketPath,
    end: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
