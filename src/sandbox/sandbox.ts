import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ended, RunOptions } from './run.js';
import { Conversation } from './conversation.js';
import { removeUnits, runInScope, scopeArgv, startSlices, unitsNamed } from './units.js';

/** Which of a sandbox's two cgroup subtrees a process runs in. */
export type Side = 'inside' | 'outside';

/**
 * A place of its own for one experiment: a private folder and two temporary slices, `inside` the scope of a policy
 * and `outside` it. All its units carry its random name, so that it can be found and taken down by name alone.
 */
export class Sandbox {
  private scopes = 0;

  private constructor(
    /** Random, and usable as an agent's instance name. */
    readonly name: string,
    /** A folder only root can enter, on a file system with stable inodes. */
    readonly folder: string,
    private readonly slices: Readonly<Record<Side, string>>,
    /** The cgroup of the `inside` slice, as an absolute path. */
    readonly scopeCgroup: string,
  ) {}

  static async create(): Promise<Sandbox> {
    // Slice names take no dash: it would nest them.
    const name = `aegisproof_${randomBytes(6).toString('hex')}`;
    const slices = { inside: `${name}_in.slice`, outside: `${name}_out.slice` };
    const folder = await mkdtemp(join('/var/tmp', 'aegis-proof-'));
    try {
      const [scopeCgroup = ''] = await startSlices([slices.inside, slices.outside]);
      return new Sandbox(name, folder, slices, scopeCgroup);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      await removeUnits(Object.values(slices)).catch(() => undefined);
      throw error;
    }
  }

  /** The name of a unit of this sandbox. */
  unit(role: string): string {
    return `${this.name}-${role}.service`;
  }

  /** Runs a program in a fresh scope on one side and tells how it ended. */
  async run(side: Side, argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return await runInScope(this.nextScope(side), this.slices[side], argv, options);
  }

  /** Starts a program in a fresh scope on one side, to be talked with while it runs. */
  talk(side: Side, argv: readonly string[], signal: AbortSignal): Conversation {
    return Conversation.start(scopeArgv(this.nextScope(side), this.slices[side], argv), signal);
  }

  private nextScope(side: Side): string {
    this.scopes += 1;
    return `${this.name}-${side}-${this.scopes}.scope`;
  }

  /** Stops everything that carries the sandbox's name and removes its folder. */
  async remove(): Promise<void> {
    await removeUnits(await unitsNamed(this.name));
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Whether any unit of this sandbox other than its slices is still there. */
  async leftovers(): Promise<readonly string[]> {
    return (await unitsNamed(this.name)).filter((unit) => !unit.endsWith('.slice'));
  }
}
