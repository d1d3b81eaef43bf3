import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentBinary, sha256Of } from '../agent/binary.js';
import { readReport } from '../agent/report.js';
import { AegisError } from '../errors.js';
import type { PostureReport } from '../posture/report.js';
import { run, type Ended } from '../sandbox/run.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { removeUnit, showUnit, startService, stopUnit } from '../sandbox/units.js';
import { Disproof, type Bench } from './kit.js';

/** What the user may say about the object file under test; handed on to the agent as it is. */
const handedOn = ['AEGIS_BPF_OBJ', 'AEGIS_BPF_OBJ_HASH_PATH', 'AEGIS_ALLOW_UNSIGNED_BPF'];

export interface AgentSetup {
  /** The policy file's text. */
  readonly policy: string;
  /** Flags of `aegis-agent run`, beside instance and scope. */
  readonly flags: readonly string[];
  /** What the agent is to take for the kernel's LSM list; undefined for the kernel's own. */
  readonly lsmSeam?: string;
  /** The daemon is going to be killed, and what it leaves in the kernel is what is looked at. */
  readonly isKilled?: boolean;
}

/** One agent of a sandbox: its own instance, pins and report, enforcing only inside the sandbox's scope. */
export class AgentUnderTest {
  private readonly unit: string;
  private readonly reportPath: string;
  private readonly policyPath: string;
  private readonly logPath: string;

  private constructor(
    private readonly bench: Bench,
    private readonly sandbox: Sandbox,
    private readonly binary: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly setup: AgentSetup,
  ) {
    this.unit = sandbox.unit('agent');
    this.reportPath = join(sandbox.folder, 'capabilities.json');
    this.policyPath = join(sandbox.folder, 'policy');
    this.logPath = join(sandbox.folder, 'agent.log');
  }

  /** Writes the agent's inputs and makes sure that it is taken down on every way out, even if this process dies. */
  static async prepare(bench: Bench, sandbox: Sandbox, setup: AgentSetup): Promise<AgentUnderTest> {
    const env: Record<string, string> = {
      AEGIS_CAPABILITIES_REPORT_PATH: join(sandbox.folder, 'capabilities.json'),
    };
    for (const name of handedOn) {
      const value = process.env[name];
      if (value !== undefined) env[name] = value;
    }
    if (setup.lsmSeam !== undefined) {
      env['AEGIS_LSM_PATH'] = join(sandbox.folder, 'lsm');
      await writeFile(env['AEGIS_LSM_PATH'], `${setup.lsmSeam}\n`, { mode: 0o600 });
    }
    const agent = new AgentUnderTest(bench, sandbox, await agentBinary(), env, setup);
    await writeFile(agent.policyPath, setup.policy, { mode: 0o600 });
    bench.onCleanUp('stop the agent', async () => {
      await removeUnit(agent.unit);
      await agent.command(['detach']);
      for (const place of ['/run/aegis', '/var/lib/aegis'])
        await rm(join(place, sandbox.name), { recursive: true, force: true });
    });
    return agent;
  }

  /** The test seams this agent runs with, by the names of their variables. */
  get seams(): readonly string[] {
    return Object.keys(this.env);
  }

  private async command(args: readonly string[]) {
    return await run([this.binary, ...args, '--instance', this.sandbox.name], {
      env: this.env,
      timeoutMs: this.bench.stepTimeoutMs,
    });
  }

  /** `policy apply --reset`, as its own process before the daemon runs. */
  async applyPolicy(): Promise<{ exit_code: number | undefined }> {
    const ended = await this.command(['policy', 'apply', this.policyPath, '--reset']);
    if (ended.exitCode !== 0)
      throw new Disproof(`the agent refused the policy: ${lastLines(ended.stderr || ended.stdout)}`, {
        exit_code: ended.exitCode,
      });
    return { exit_code: ended.exitCode };
  }

  /** Replaces the text of the policy file. */
  async writePolicy(text: string): Promise<void> {
    await writeFile(this.policyPath, text, { mode: 0o600 });
  }

  /** `policy apply` of a file that must not be taken. */
  async refusesPolicy(): Promise<{ exit_code: number | undefined; reason: string }> {
    const ended = await this.command(['policy', 'apply', this.policyPath]);
    const reason = lastLines(ended.stderr);
    if (ended.exitCode !== 1)
      throw new Disproof('the policy was taken', { exit_code: ended.exitCode, reason });
    return { exit_code: ended.exitCode, reason };
  }

  /** Files in which the instance keeps the policies it applied. */
  async storedPolicies(): Promise<readonly string[]> {
    const folder = join('/var/lib/aegis', this.sandbox.name);
    const names = await readdir(folder);
    return names.filter((name) => /^policy-\d+$/.test(name)).map((name) => join(folder, name));
  }

  /** The unit property by which a start first applies the policy file, as a service of an operator would. */
  get appliesFirst(): string {
    return `ExecStartPre=${this.binary} policy apply ${this.policyPath} --instance ${this.sandbox.name}`;
  }

  /** A start that must not come to readiness; tells what the daemon said. */
  async refusesToStart(properties: readonly string[] = []): Promise<{ said: string }> {
    await rm(this.logPath, { force: true });
    const started = await this.launch(properties);
    const said = await this.why();
    await removeUnit(this.unit);
    if (started.exitCode === 0) throw new Disproof('the daemon started', { said });
    return { said };
  }

  /** Starts the daemon and waits for its readiness. */
  async start(): Promise<{ pid: number; agent_sha256: string }> {
    const started = await this.launch([]);
    if (started.exitCode !== 0) throw new Disproof(`the agent did not become ready: ${await this.why()}`);
    const { mainPid } = await showUnit(this.unit);
    // Of what runs, which is not always what was started.
    return { pid: mainPid, agent_sha256: await sha256Of(`/proc/${mainPid}/exe`) };
  }

  private async launch(properties: readonly string[]): Promise<Ended> {
    const seconds = Math.ceil(this.bench.stepTimeoutMs / 1000);
    return await startService(
      this.unit,
      [
        this.binary,
        'run',
        '--instance',
        this.sandbox.name,
        '--scope-cgroup',
        this.sandbox.scopeCgroup,
        ...this.setup.flags,
      ],
      {
        env: this.env,
        properties: [
          'Type=notify',
          'NotifyAccess=all',
          `TimeoutStartSec=${seconds}`,
          `TimeoutStopSec=${seconds}`,
          // Should this process die without a word, systemd ends the experiment.
          `RuntimeMaxSec=${seconds * 20}`,
          ...(this.setup.isKilled
            ? []
            : [`ExecStopPost=${this.binary} detach --instance ${this.sandbox.name}`]),
          `StandardOutput=append:${this.logPath}`,
          `StandardError=append:${this.logPath}`,
          ...properties,
        ],
        timeoutMs: this.bench.stepTimeoutMs + 5_000,
        signal: this.bench.signal,
      },
    );
  }

  /** The report as it stands now. No report, or one that cannot be relied on, disproves what it should claim. */
  async report(): Promise<PostureReport> {
    let report;
    try {
      report = await readReport(this.reportPath);
    } catch (error) {
      if (error instanceof AegisError && error.code === 'BAD_REPORT') throw new Disproof(error.message);
      throw error;
    }
    if (!report) throw new Disproof('the agent wrote no posture report');
    return report;
  }

  /** The pid of the running daemon; a daemon that is gone is a disproof. */
  async runningPid(): Promise<number> {
    const state = await showUnit(this.unit);
    if (state.activeState !== 'active')
      throw new Disproof(`the agent is ${state.activeState} (${state.result}): ${await this.why()}`);
    return state.mainPid;
  }

  /** Stops the daemon as an operator would and tells how it ended. */
  async stop(): Promise<{ result: string; exit_status: number }> {
    await stopUnit(this.unit);
    const state = await showUnit(this.unit);
    if (state.activeState !== 'inactive')
      throw new Disproof(`the agent is ${state.activeState} after it was stopped (${state.result})`);
    return { result: state.result, exit_status: state.execMainStatus };
  }

  /** SIGKILL to the daemon; returns when systemd has seen it dead. */
  async kill(): Promise<{ result: string }> {
    const ended = await run(['systemctl', 'kill', '--signal=SIGKILL', '--kill-whom=main', this.unit], {
      timeoutMs: this.bench.stepTimeoutMs,
    });
    if (ended.exitCode !== 0) throw new Error(`cannot kill the agent: ${ended.stderr.trim()}`);
    // Waits for the death and does no more: nothing of the unit is left to be stopped.
    await stopUnit(this.unit);
    const { activeState, result } = await showUnit(this.unit);
    if (activeState === 'active' || result !== 'signal')
      throw new Error(`the agent did not die of the signal: ${activeState} (${result})`);
    // The dead unit would keep its name, and another could not be started by it.
    await removeUnit(this.unit);
    return { result };
  }

  /** Takes down what a killed daemon left in the kernel. */
  async detach(): Promise<{ exit_code: number | undefined }> {
    const ended = await this.command(['detach']);
    if (ended.exitCode !== 0)
      throw new Disproof(`the agent cannot take its pins down: ${lastLines(ended.stderr)}`);
    return { exit_code: ended.exitCode };
  }

  /** The instance's pins that are still there. Its stored policy and lock stay with their owner, which removes them. */
  async leftovers(): Promise<readonly string[]> {
    const pins = join('/sys/fs/bpf/aegis', this.sandbox.name);
    return await access(pins).then(
      () => [pins],
      () => [],
    );
  }

  private async why(): Promise<string> {
    const log = await readFile(this.logPath, 'utf8').catch(() => '');
    const state = await showUnit(this.unit);
    return lastLines(log) || `systemd says ${state.result}`;
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n');
}
