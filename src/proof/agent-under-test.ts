import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentBinary, sha256Of } from '../agent/binary.js';
import { readReport } from '../agent/report.js';
import { AegisError } from '../errors.js';
import type { PostureReport } from '../posture/report.js';
import { run, type Ended } from '../sandbox/run.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { removeUnits, showUnit, startService, stopUnits } from '../sandbox/units.js';
import { AgentTraces } from './agent-traces.js';
import { Disproof, type Bench } from './kit.js';

/** What the user may say about the object file under test; handed on to the agent as it is. */
const handedOn = ['AEGIS_BPF_OBJ', 'AEGIS_BPF_OBJ_HASH_PATH', 'AEGIS_ALLOW_UNSIGNED_BPF'];

/** How a daemon is started. */
export interface AgentStart {
  /** Flags of `aegis-agent run`, beside instance and scope. */
  readonly flags: readonly string[];
  /** What the agent is to take for the kernel's LSM list; undefined for the kernel's own. */
  readonly lsmSeam?: string;
  /** Further properties of its systemd unit, `Name=value`: what it is to do without. */
  readonly properties?: readonly string[];
}

export interface AgentSetup extends AgentStart {
  /** The policy file's text. */
  readonly policy: string;
  /** The policy and what a killed daemon leaves in the kernel stay until the scenario ends; else the unit takes them down. */
  readonly keepsPins?: boolean;
  /** systemd starts it again whenever it dies, at once and as often as it takes. */
  readonly isRestarted?: boolean;
}

/** SIGKILL even when it is told to stop, which is the one death that systemd does not make good. */
const restarted = ['Restart=always', 'RestartSec=0', 'StartLimitIntervalSec=0', 'KillSignal=SIGKILL'];

/** One agent of a sandbox: its own instance, pins and report, enforcing only inside the sandbox's scope. */
export class AgentUnderTest {
  /** What it leaves where others can see it. */
  readonly traces: AgentTraces;
  private readonly unit: string;
  private readonly reportPath: string;
  private readonly policyPath: string;
  private readonly logPath: string;

  private constructor(
    private readonly bench: Bench,
    private readonly sandbox: Sandbox,
    private readonly binary: string,
    private readonly env: Record<string, string>,
    private readonly setup: AgentSetup,
  ) {
    this.traces = new AgentTraces(sandbox.name);
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
    const agent = new AgentUnderTest(bench, sandbox, await agentBinary(), env, setup);
    await writeFile(agent.policyPath, setup.policy, { mode: 0o600 });
    bench.onCleanUp('stop the agent', async () => {
      await removeUnits([agent.unit]);
      await agent.command(['detach']);
      for (const folder of agent.traces.folders) await rm(folder, { recursive: true, force: true });
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

  /** How it starts when its unit first applies the policy file, as a service of an operator would. */
  get applyingFirst(): AgentStart {
    const apply = `${this.binary} policy apply ${this.policyPath} --instance ${this.sandbox.name}`;
    return { ...this.setup, properties: [...(this.setup.properties ?? []), `ExecStartPre=${apply}`] };
  }

  /** Starts the daemon, as it was set up unless told otherwise, and waits for its readiness. */
  async start(how: AgentStart = this.setup): Promise<{ pid: number; agent_sha256: string }> {
    const started = await this.launch(how);
    if (started.exitCode !== 0) throw new Disproof(`the agent did not become ready: ${await this.why()}`);
    const { mainPid } = await showUnit(this.unit);
    // Of what runs, which is not always what was started.
    return { pid: mainPid, agent_sha256: await sha256Of(`/proc/${mainPid}/exe`) };
  }

  /**
   * Starts the daemon where it has to refuse, and returns its exit code (0 when something before it failed) and what
   * was said; a daemon that serves is a disproof.
   */
  async refuses(how: AgentStart = this.setup): Promise<{ exit_status: number; said: string }> {
    await rm(this.logPath, { force: true });
    const started = await this.launch(how);
    const { activeState, execMainStatus, result } = await showUnit(this.unit);
    const said = await this.why();
    await removeUnits([this.unit]);
    if (started.exitCode === 0 || activeState === 'active')
      throw new Disproof('the agent became ready where it had to refuse', {
        active_state: activeState,
        said,
      });
    if (started.timedOut || result === 'success')
      throw new Error(`systemd could not start the agent: ${started.stderr.trim() || started.startError}`);
    return { exit_status: execMainStatus, said };
  }

  private async launch(how: AgentStart): Promise<Ended> {
    const seconds = Math.ceil(this.bench.stepTimeoutMs / 1000);
    await this.placeSeam(how.lsmSeam);
    return await startService(
      this.unit,
      [
        this.binary,
        'run',
        '--instance',
        this.sandbox.name,
        '--scope-cgroup',
        this.sandbox.scopeCgroup,
        ...how.flags,
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
          ...(this.setup.keepsPins
            ? []
            : [`ExecStopPost=${this.binary} detach --instance ${this.sandbox.name}`]),
          ...(this.setup.isRestarted ? restarted : []),
          ...(how.properties ?? []),
          `StandardOutput=append:${this.logPath}`,
          `StandardError=append:${this.logPath}`,
        ],
        timeoutMs: this.bench.stepTimeoutMs + 5_000,
        signal: this.bench.signal,
      },
    );
  }

  /** Puts the LSM list that the agent is to believe where it looks for it. */
  private async placeSeam(list: string | undefined): Promise<void> {
    delete this.env['AEGIS_LSM_PATH'];
    if (list === undefined) return;
    const path = join(this.sandbox.folder, 'lsm');
    await writeFile(path, `${list}\n`, { mode: 0o600 });
    this.env['AEGIS_LSM_PATH'] = path;
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
    await stopUnits([this.unit]);
    const state = await showUnit(this.unit);
    if (state.activeState !== 'inactive')
      throw new Disproof(`the agent is ${state.activeState} after it was stopped (${state.result})`);
    return { result: state.result, exit_status: state.execMainStatus };
  }

  /** SIGKILL to the daemon; returns when systemd has seen it dead, for good. */
  async kill(): Promise<{ result: string }> {
    if (!this.setup.isRestarted) await this.sendKill();
    // Waits for the death and does no more where nothing of the unit is left to be stopped.
    await stopUnits([this.unit]);
    const { activeState, result } = await showUnit(this.unit);
    if (activeState === 'active' || result !== 'signal')
      throw new Error(`the agent did not die of the signal: ${activeState} (${result})`);
    await removeUnits([this.unit]);
    return { result };
  }

  private async sendKill(): Promise<void> {
    const ended = await run(['systemctl', 'kill', '--signal=SIGKILL', '--kill-whom=main', this.unit], {
      timeoutMs: this.bench.stepTimeoutMs,
    });
    if (ended.exitCode !== 0) throw new Error(`cannot kill the agent: ${ended.stderr.trim()}`);
  }

  /** SIGKILL to a daemon that `isRestarted`; returns when the next one claims to enforce. */
  async killAndAwaitNext(): Promise<void> {
    const last = await this.report();
    await this.sendKill();
    const isNext = ({ pid, audit_only }: PostureReport) => pid !== last.pid && !audit_only;
    const report = await this.reportWithin(this.bench.stepTimeoutMs, isNext);
    if (!isNext(report)) throw new Disproof(`no daemon took over from the one killed: ${await this.why()}`);
  }

  /** `emergency disable` or `enable`. */
  async emergency(act: 'disable' | 'enable'): Promise<{ exit_code: number | undefined }> {
    const ended = await this.command(['emergency', act, '--reason', 'a proof']);
    if (ended.exitCode !== 0) throw new Disproof(`emergency ${act} failed: ${lastLines(ended.stderr)}`);
    return { exit_code: ended.exitCode };
  }

  /** Waits until the report satisfies `isSo`, as long as an agent may take to notice; the last one seen is returned. */
  async reportWithin(
    ms: number,
    isSo: (report: PostureReport) => boolean | Promise<boolean>,
  ): Promise<PostureReport> {
    const deadline = performance.now() + ms;
    for (;;) {
      const report = await this.report();
      if ((await isSo(report)) || performance.now() > deadline) return report;
      await sleep(25, undefined, { signal: this.bench.signal });
    }
  }

  /** Takes down what a killed daemon left in the kernel. */
  async detach(): Promise<{ exit_code: number | undefined }> {
    const ended = await this.command(['detach']);
    if (ended.exitCode !== 0)
      throw new Disproof(`the agent cannot take its pins down: ${lastLines(ended.stderr)}`);
    return { exit_code: ended.exitCode };
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
