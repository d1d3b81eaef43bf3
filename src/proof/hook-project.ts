import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { existsSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { manifestName, type HookSpec, type LedgerEvent } from '../hooks/index.js';
import { readManifest } from '../hooks/manifest.js';
import { violations } from '../hooks/schema.js';
import { trust } from '../hooks/trust-write.js';
import { codeRoot, packageRoot } from '../paths.js';
import { Disproof, type Bench } from './kit.js';

/** What src/forged-invocation-main.ts reads. */
export interface ForgedRun {
  readonly root: string;
  /** Taken as they are: that is the point. */
  readonly hooks: readonly HookSpec[];
  readonly command: readonly string[];
}

/** How a process of the experiment ended, and what its ledger says. */
export interface ObservedRun {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** Each was held against the schema. */
  readonly events: readonly LedgerEvent[];
}

/** When to send which signal to the run. */
export interface Interruption {
  readonly signal: 'SIGINT' | 'SIGTERM';
  /** The marker file whose appearance says that the moment has come. */
  readonly at: string;
}

/** The executables that the experiments hang on an invocation; real ones, each a few words of shell. */
const executables: Readonly<Record<string, string>> = {
  allow: `: > "marker-\${1:-allow}"; echo '{"decision":"allow"}'`,
  deny: `echo '{"decision":"deny","reason":"no change ticket"}'`,
  mark: `: > "marker-\${1:-mark}"`,
  fail: `: > marker-fail; echo '{"decision":"allow"}'; exit 3`,
  die: `echo '{"decision":"allow"}'; kill -KILL $$`,
  hang: `: > marker-hang; exec sleep 1000`,
  brood: `sleep 1000 & : > marker-brood; exec sleep 1000`,
  abandon: `sleep 1000 & : > marker-abandon`,
  babble: `echo 'sure, go ahead'`,
  silent: `exit 0`,
  tamper: `printf '#!/bin/sh\\n: > marker-tampered\\n' > allow; echo '{"decision":"allow"}'`,
  wait: `: > "marker-\${1:-wait}"; exec sleep 1000`,
};

/** A folder with hooks, a trust store and a ledger of its own; nothing of the user's is read or written. */
export class HookProject {
  private readonly env: Readonly<Record<string, string>>;

  private constructor(
    private readonly bench: Bench,
    readonly root: string,
  ) {
    this.env = {
      XDG_CONFIG_HOME: join(root, 'config'),
      AEGIS_LEDGER: join(root, 'state', 'ledger.jsonl'),
      AEGIS_HOOKS: '',
    };
  }

  /** Makes the folder; it is gone after the scenario. */
  static async make(bench: Bench): Promise<HookProject> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'aegis-proof-hooks-')));
    bench.onCleanUp('remove the hook project', () => rm(root, { recursive: true, force: true }));
    await mkdir(join(root, 'state'), { mode: 0o700 });
    const project = new HookProject(bench, root);
    await project.reset();
    return project;
  }

  /** Back to the start: executables as written, no marker, no ledger. */
  async reset(): Promise<void> {
    for (const name of await readdir(this.root))
      if (name.startsWith('marker-')) await rm(join(this.root, name));
    await rm(join(this.root, 'state', 'ledger.jsonl'), { force: true });
    for (const [name, script] of Object.entries(executables))
      await writeFile(join(this.root, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await writeFile(join(this.root, 'no-interpreter'), '#!/nonexistent/interpreter\n', { mode: 0o755 });
  }

  /** Writes the manifest; nobody trusts it yet. */
  async declare(hooks: readonly object[]): Promise<void> {
    await writeFile(join(this.root, manifestName), JSON.stringify({ schemaVersion: 1, hooks }));
  }

  /** Trusts the manifest as an operator would; here, since starting the program for it would double every row's time. */
  async trust(): Promise<void> {
    await trust(await readManifest(join(this.root, manifestName)), this.env);
  }

  /** Runs the shipped program in the project. */
  async aegis(args: readonly string[], options: RunOptions = {}): Promise<ObservedRun> {
    return await this.run([join(packageRoot, 'bin', 'run.js'), ...args], options);
  }

  /** Runs a command under specs that no schema and no loader has seen. */
  async forged(hooks: readonly HookSpec[], command: readonly string[], options: RunOptions = {}) {
    const request: ForgedRun = { root: this.root, hooks, command };
    const program = join(codeRoot, 'src', 'forged-invocation-main.js');
    return await this.run([program], { ...options, input: JSON.stringify(request) });
  }

  hasMarker(name: string): boolean {
    return existsSync(join(this.root, `marker-${name}`));
  }

  /** The processes that work in the project's folder: after a run there must be none. */
  async processes(): Promise<readonly string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const folders = await Promise.all(
      // A process that ends meanwhile, or is another user's, is none of ours.
      pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')),
    );
    return pids.filter((_, i) => folders[i] === this.root);
  }

  private async run(argv: readonly string[], options: RunOptions & { input?: string }): Promise<ObservedRun> {
    const child = execa(process.execPath, argv, {
      cwd: this.root,
      env: { ...this.env, ...options.env, LC_ALL: 'C' },
      reject: false,
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
      timeout: this.bench.stepTimeoutMs,
      killSignal: 'SIGKILL',
      cancelSignal: this.bench.signal,
    });
    if (options.interrupt) {
      const { signal, at } = options.interrupt;
      await this.marker(at, child);
      child.kill(signal);
    }
    const { exitCode, stderr, timedOut, isCanceled } = await child;
    if (isCanceled) this.bench.signal.throwIfAborted();
    if (timedOut) throw new Disproof(`it did not end within ${this.bench.stepTimeoutMs} ms`);
    return { exitCode, stderr, events: await this.events() };
  }

  /** Waits for a marker, or for the end of who should leave it. */
  private async marker(name: string, child: Promise<unknown>): Promise<void> {
    const stop = new AbortController();
    const appeared = new Promise<void>((resolve) => {
      const watcher = watch(this.root, { signal: stop.signal }, () => check());
      const check = () => {
        if (!this.hasMarker(name)) return;
        watcher.close();
        resolve();
      };
      check();
    });
    await Promise.race([appeared, child]);
    stop.abort();
    if (!this.hasMarker(name)) throw new Error(`the moment for the signal (${name}) never came`);
  }

  private async events(): Promise<readonly LedgerEvent[]> {
    const path = join(this.root, 'state', 'ledger.jsonl');
    const text = existsSync(path) ? await readFile(path, 'utf8') : '';
    const lines = text.split('\n').filter(Boolean);
    const events = lines.map((line): unknown => JSON.parse(line));
    for (const event of events) {
      const [wrong] = await violations('ledger-event', event);
      if (wrong)
        throw new Disproof(`an event breaks its schema: ${wrong.pointer} ${wrong.message}`, { event });
    }
    return events as LedgerEvent[];
  }
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: Interruption;
}
