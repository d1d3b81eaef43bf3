import { link, readFile, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { nativeBin } from '../paths.js';
import type { Ended } from '../sandbox/run.js';
import type { Sandbox, Side } from '../sandbox/sandbox.js';
import { Disproof, type Bench, type Observation } from './kit.js';
import { outcomeOf, tellOutcome, type Outcome } from './outcome.js';

/** How a denied act has to end: refused by the kernel, or dead before it could use what it got. */
export type ExpectedEnd =
  | { readonly kind: 'denied'; readonly errno: 'EPERM' }
  | { readonly kind: 'killed'; readonly signal: 'SIGKILL' | 'SIGTERM' };

/** A secret nobody can guess, the ways to read it, and an innocent file beside it. */
export class DeniedRead {
  readonly secretPath: string;
  private readonly aliasPath: string;
  private readonly innocentPath: string;
  private readonly secret = `secret-${randomBytes(16).toString('hex')}`;
  private readonly innocent = `innocent-${randomBytes(16).toString('hex')}`;

  private constructor(
    private readonly bench: Bench,
    private readonly sandbox: Sandbox,
  ) {
    this.secretPath = join(sandbox.folder, 'secret');
    this.aliasPath = join(sandbox.folder, 'alias');
    this.innocentPath = join(sandbox.folder, 'innocent');
  }

  static async prepare(bench: Bench, sandbox: Sandbox): Promise<DeniedRead> {
    const read = new DeniedRead(bench, sandbox);
    await writeFile(read.secretPath, `${read.secret}\n`, { mode: 0o600 });
    await writeFile(read.innocentPath, `${read.innocent}\n`, { mode: 0o600 });
    await link(read.secretPath, read.aliasPath);
    return read;
  }

  /** The act succeeds and its effect is seen: either the control before the agent, or the proof that it is gone. */
  async succeeds(side: Side, what: 'secret' | 'innocent' = 'secret'): Promise<Observation> {
    const [path, expected] =
      what === 'secret' ? [this.secretPath, this.secret] : [this.innocentPath, this.innocent];
    const ended = await this.probe(side, path);
    const outcome = outcomeOf(ended);
    const observed = { outcome: tellOutcome(outcome), data_seen: ended.stdout.includes(expected) };
    if (outcome.kind !== 'allowed' || outcome.data !== expected) {
      // A control that cannot be tried says nothing about the agent.
      if (outcome.kind === 'could-not-try') throw new Error(`the read was ${observed.outcome}`);
      throw new Disproof(`reading the ${what} file was ${observed.outcome}`, observed);
    }
    return observed;
  }

  /** The probe's read in the scope must end as expected, and the secret must not come out. */
  async isStopped(expected: ExpectedEnd, by: 'name' | 'hard link' = 'name'): Promise<Observation> {
    const ended = await this.probe('inside', by === 'name' ? this.secretPath : this.aliasPath);
    const outcome = outcomeOf(ended);
    const observed = {
      outcome: tellOutcome(outcome),
      exit_code: ended.exitCode,
      secret_came_out: this.disclosedBy(ended),
    };
    if (outcome.kind === 'could-not-try') throw new Error(`the read was ${observed.outcome}`);
    if (!isAsExpected(outcome, expected) || observed.secret_came_out)
      throw new Disproof(
        `the read was ${observed.outcome}, expected ${tellOutcome(expected)}` +
          (observed.secret_came_out ? '; the secret came out' : ''),
        observed,
      );
    return observed;
  }

  /** An ordinary program must fare no better than the probe. */
  async stopsCat(expected: ExpectedEnd): Promise<Observation> {
    const ended = await this.cat();
    const observed = {
      exit_code: ended.exitCode,
      signal: ended.signal ?? null,
      stderr: ended.stderr.trim(),
      secret_came_out: this.disclosedBy(ended),
    };
    const asExpected =
      expected.kind === 'killed'
        ? ended.signal === expected.signal && !ended.timedOut
        : ended.exitCode === 1 && ended.stderr.includes('Operation not permitted');
    if (!asExpected || observed.secret_came_out)
      throw new Disproof(`cat ended with exit code ${ended.exitCode}`, observed);
    return observed;
  }

  /** The control for `stopsCat`. */
  async catSucceeds(): Promise<Observation> {
    const ended = await this.cat();
    if (ended.exitCode !== 0 || !this.disclosedBy(ended))
      throw new Error(
        `cat could not read the secret without an agent: ${ended.startError ?? (ended.stderr.trim() || `exit ${ended.exitCode}`)}`,
      );
    return { exit_code: ended.exitCode, secret_came_out: true };
  }

  /** The secret's file still holds what it held. */
  async isIntact(): Promise<Observation> {
    const intact = (await readFile(this.secretPath, 'utf8')) === `${this.secret}\n`;
    if (!intact) throw new Disproof('the content of the denied file changed', { intact });
    return { intact };
  }

  private disclosedBy(ended: Ended): boolean {
    return ended.stdout.includes(this.secret) || ended.stderr.includes(this.secret);
  }

  private async probe(side: Side, path: string): Promise<Ended> {
    return await this.inScope(side, [join(nativeBin, 'aegis-probe'), 'read', path]);
  }

  private async cat(): Promise<Ended> {
    return await this.inScope('inside', ['cat', this.secretPath]);
  }

  private async inScope(side: Side, argv: readonly string[]): Promise<Ended> {
    const { signal, stepTimeoutMs: timeoutMs } = this.bench;
    return await this.sandbox.run(side, argv, { signal, timeoutMs });
  }
}

function isAsExpected(outcome: Outcome, expected: ExpectedEnd): boolean {
  return expected.kind === 'denied'
    ? outcome.kind === 'denied' && outcome.errno === expected.errno
    : outcome.kind === 'killed' && outcome.signal === expected.signal;
}
