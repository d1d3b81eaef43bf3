import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AegisError } from '../../errors.js';
import { within } from '../../governance/deadline.js';
import { nativeBin } from '../../paths.js';
import { endProcess, isAlive } from '../../sandbox/end-process.js';

/** The authority under test: this build's, or the one named by `AEGIS_RUNTIME_BIN`. */
export const runtimeBinary = process.env['AEGIS_RUNTIME_BIN'] || join(nativeBin, 'aegis-runtime');

/** A runtime authority of the proof's own, as a real process. */
export class RuntimeProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts it and waits until it says that it listens. */
  static async start(
    socketPath: string,
    flags: readonly string[],
    timeoutMs = 10_000,
  ): Promise<RuntimeProcess> {
    const child = spawn(runtimeBinary, ['--socket', socketPath, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    const lines = createInterface({ input: child.stdout });
    try {
      await within(
        timeoutMs,
        Promise.race([
          once(lines, 'line'),
          once(child, 'exit').then(() => Promise.reject(new Error('it ended'))),
        ]),
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw new AegisError('AGENT_FAILED', 'cannot start the runtime authority', {
        cause: error,
        detail: said,
      });
    }
    return new RuntimeProcess(child);
  }

  get isAlive(): boolean {
    return isAlive(this.child);
  }

  /** SIGSTOP: alive for the kernel, and it answers nothing. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await endProcess(this.child, signal);
  }
}
