import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nativeBin } from '../paths.js';
import type { Ended } from '../sandbox/run.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import type { ExpectedEnd } from './denied-read.js';
import { Disproof, type Bench, type Observation } from './kit.js';

/** What became of all the tries of one hammering. */
interface Tally {
  readonly tries: number;
  readonly allowed: number;
  readonly denied: number;
  readonly killed: number;
  readonly other: number;
}

const pause = 20;

/** A file that a process of the scope tries to read again and again while things happen to the agent (one child a try). */
export class HammeredRead {
  private constructor(
    private readonly bench: Bench,
    private readonly progressPath: string,
    private readonly ended: Promise<Ended>,
  ) {}

  /** Starts hammering and returns after the first try. */
  static async start(bench: Bench, sandbox: Sandbox, path: string): Promise<HammeredRead> {
    const progressPath = join(sandbox.folder, 'progress');
    await writeFile(progressPath, '', { mode: 0o600 });
    const ended = sandbox.run('inside', [join(nativeBin, 'aegis-probe'), 'hammer', path, progressPath], {
      timeoutMs: bench.stepTimeoutMs * 20,
      signal: bench.signal,
    });
    // Awaited in `stop`; until then a failure must not pass for an unhandled one.
    ended.catch(() => undefined);
    const hammered = new HammeredRead(bench, progressPath, ended);
    await hammered.goesOn();
    return hammered;
  }

  /** Returns when it has tried again: what happens next, happens under its eyes. */
  async goesOn(): Promise<void> {
    const before = (await stat(this.progressPath)).size;
    const deadline = performance.now() + this.bench.stepTimeoutMs;
    while ((await stat(this.progressPath)).size <= before + 1) {
      if (performance.now() > deadline) throw new Error('the process that tries to read makes no headway');
      await sleep(pause, undefined, { signal: this.bench.signal });
    }
  }

  /** Ends it and tells how its tries went. Throws when it could not be tried as it should. */
  async stop(): Promise<Tally> {
    await rm(this.progressPath);
    const { stdout, stderr, startError } = await this.ended;
    const line = /^tally (.*)$/m.exec(stdout)?.[1];
    if (line === undefined)
      throw new Error(`the hammering did not end as it should: ${startError ?? (stderr.trim() || stdout)}`);
    const counts = new Map(line.split(' ').map((field) => field.split('=') as [string, string]));
    const count = (name: keyof Tally) => Number(counts.get(name));
    return {
      tries: count('tries'),
      allowed: count('allowed'),
      denied: count('denied'),
      killed: count('killed'),
      other: count('other'),
    };
  }

  /**
   * Ends it; every single try must have ended as a denied act does, or by the signal of a backstop, which is told: see
   * native/lib/preemption.h.
   */
  async wasStopped(expected: ExpectedEnd, hasBackstop = false): Promise<Observation> {
    const tally = await this.stop();
    const observed = { ...tally };
    const bySignal = hasBackstop && expected.kind === 'denied' ? tally.killed : 0;
    const stopped = tally[expected.kind] + bySignal;
    if (stopped !== tally.tries || tally[expected.kind] === 0)
      throw new Disproof(
        `of ${tally.tries} reads ${tally.allowed} came through and ${tally.other} ended otherwise`,
        observed,
      );
    return observed;
  }

  /** Ends it; every single try must have come through. */
  async succeeded(): Promise<Observation> {
    const tally = await this.stop();
    if (tally.allowed !== tally.tries)
      throw new Error(`of ${tally.tries} reads without an agent ${tally.allowed} came through`);
    return { ...tally };
  }
}
