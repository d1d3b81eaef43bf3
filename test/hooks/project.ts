import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  Ledger,
  runInvocation,
  type ActEnd,
  type HookSpec,
  type LedgerEvent,
} from '../../src/hooks/index.js';
import { loadHooks } from '../../src/hooks/load.js';
import { readManifest } from '../../src/hooks/manifest.js';
import { violations } from '../../src/hooks/schema.js';
import { trust } from '../../src/hooks/trust-write.js';
import { packageRoot } from '../../src/paths.js';

export type Declared = Partial<HookSpec> & { readonly name: string };

/** A project folder of its own, with every fixture in `hooks/`, its own trust store and its own ledger. */
export class Project {
  readonly root: string;
  readonly ledger: string;
  readonly manifest: string;
  /** What a child needs to see this project's stores; an in-process test sets it by `enter`. */
  readonly env: Readonly<Record<string, string>>;

  constructor(t: Test) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'aegis-hooks-')));
    t.teardown(() => rm(this.root, { recursive: true, force: true }));
    cpSync(join(packageRoot, 'test', 'hooks', 'fixtures'), join(this.root, 'hooks'), { recursive: true });
    mkdirSync(join(this.root, 'state'), { mode: 0o700 });
    this.ledger = join(this.root, 'state', 'ledger.jsonl');
    this.manifest = join(this.root, 'aegis.hooks.json');
    this.env = {
      XDG_CONFIG_HOME: join(this.root, 'config'),
      AEGIS_LEDGER: this.ledger,
      AEGIS_HOOKS: '',
    };
  }

  /** Writes the manifest: fail_open unless said otherwise, and one second each. */
  declare(...hooks: readonly Declared[]): this {
    return this.write({
      schemaVersion: 1,
      hooks: hooks.map((hook) => ({
        kind: 'before_invocation',
        failurePolicy: 'fail_open',
        timeoutSeconds: 5,
        entrypoint: [`hooks/${hook.name}`],
        ...hook,
      })),
    });
  }

  write(manifest: unknown): this {
    writeFileSync(this.manifest, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
    return this;
  }

  /** Trusts the manifest as it is. */
  async trust(): Promise<this> {
    this.enter();
    await trust(await readManifest(this.manifest));
    return this;
  }

  /** Makes this process use the project's trust store. */
  enter(): void {
    Object.assign(process.env, this.env);
  }

  /** Runs an act under the trusted hooks, in this process. */
  async invoke(act: () => Promise<ActEnd>, argv: readonly string[] = []) {
    this.enter();
    return await runInvocation({
      command: 'test',
      argv,
      act,
      loadHooks: async () => await loadHooks(this.manifest),
      openLedger: () => Ledger.open(this.ledger),
    });
  }

  has(name: string): boolean {
    return existsSync(join(this.root, name));
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'utf8');
  }

  /** Every event so far; each is first held against the schema. */
  async events(t: Test): Promise<readonly LedgerEvent[]> {
    const lines = this.read('state/ledger.jsonl').split('\n').filter(Boolean);
    const events = lines.map((line) => JSON.parse(line) as LedgerEvent);
    for (const event of events) t.same(await violations('ledger-event', event), [], `${event.type} is valid`);
    return events;
  }

  /** The types of all events, and that they form one invocation: one start, one end, numbered without a gap. */
  async types(t: Test): Promise<readonly string[]> {
    const events = await this.events(t);
    const ends = events.filter(({ type }) => /^invocation\.(?!started)/.test(type));
    t.equal(ends.length, 1, 'one end event');
    t.same(
      events.map(({ sequence }) => sequence),
      events.map((_, i) => i + 1),
      'numbered without a gap',
    );
    t.equal(new Set(events.map(({ correlation_id }) => correlation_id)).size, 1, 'one correlation id');
    return events.map(({ type }) => type);
  }
}

/** True while a process of this pid runs (a zombie does not). */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The pids of processes whose working directory is the project's: nothing of a test may be left there. */
export function processesIn(root: string): string[] {
  const found = execFileSync('sh', ['-c', 'ls -l /proc/[0-9]*/cwd 2>/dev/null || true'], {
    encoding: 'utf8',
  });
  return found.split('\n').filter((line) => line.endsWith(`-> ${root}`));
}

export const succeed = (): Promise<ActEnd> => Promise.resolve({ exitCode: 0 });
export const failWith = (exitCode: number, cause: string) => (): Promise<ActEnd> =>
  Promise.resolve({ exitCode, cause });
