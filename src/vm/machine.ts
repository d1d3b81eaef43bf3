import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { AegisError } from '../errors.js';
import {
  FrameDecoder,
  FrameType,
  decodeHello,
  encode,
  protocolVersion,
  type Frame,
  type Hello,
} from './frames.js';
import { channelFd, consoleFd, qemuArguments, qemuProgram, type MachineSpec } from './qemu.js';
import { lossError } from './verdict.js';

/** What is kept of the console's log and of QEMU's own output, in characters. */
const keptLog = 64 * 1024;

/**
 * A running QEMU and the channel into its guest. It dies with this process, however that ends. `close` must be called on
 * every way out.
 */
export class Machine {
  private console = '';
  private qemuOutput = '';
  private ended: string | undefined;
  private hello: Hello | undefined;
  private readonly decoder = new FrameDecoder();
  private readonly frames: Frame[] = [];
  private failure: unknown;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly kernel: string,
    private readonly child: ChildProcess,
    private readonly channel: Duplex,
    private readonly closed: Promise<unknown>,
  ) {}

  /** Powers a machine on. Nothing of its boot is waited for. @throws AegisError QEMU_MISSING */
  static async start(kernel: string, spec: MachineSpec): Promise<Machine> {
    // The parent-death signal ends QEMU even when this process is killed and can take nothing down.
    const argv = ['--pdeathsig', 'KILL', '--', qemuProgram, ...qemuArguments(spec)];
    const child = spawn('setpriv', argv, {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      // A terminal's Ctrl-C goes to the whole foreground group; this process decides when QEMU ends.
      detached: true,
    });
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new AegisError('TOOL_MISSING', 'cannot boot a guest: setpriv (util-linux) does not start', {
        cause,
      });
    }
    const channel = child.stdio[channelFd] as Duplex;
    const machine = new Machine(kernel, child, channel, once(child, 'close'));
    machine.listen(child.stdio[consoleFd] as Duplex);
    return machine;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The end of the console's log. */
  get consoleLog(): string {
    return this.console;
  }

  /** Waits for the guest's greeting. @throws AegisError of a lost machine, within `deadlineMs` */
  async boot(deadlineMs: number, signal: AbortSignal): Promise<Hello> {
    const frame = await this.next(deadlineMs, signal);
    if (frame.type !== FrameType.hello) throw this.protocolError('it spoke before its greeting');
    const hello = this.decode(() => decodeHello(frame.payload));
    if (hello.version !== protocolVersion)
      throw this.protocolError(`its channel speaks version ${hello.version}, not ${protocolVersion}`);
    if (hello.init !== 'systemd')
      throw new AegisError('NO_SYSTEMD', `cannot use the guest: its process 1 is ${hello.init}, not systemd`);
    this.hello = hello;
    return hello;
  }

  /** The next frame of the guest. @throws AegisError of a lost machine, a missed deadline or an interruption */
  async next(deadlineMs: number, signal: AbortSignal): Promise<Frame> {
    const timeout = AbortSignal.timeout(Math.max(1, Math.round(deadlineMs)));
    const stop = AbortSignal.any([signal, timeout]);
    while (this.frames.length === 0) {
      if (this.failure !== undefined) throw this.protocolError(this.failure as string);
      if (signal.aborted)
        throw new AegisError('INTERRUPTED', `cannot finish the run on kernel ${this.kernel}: interrupted`);
      if (timeout.aborted) throw this.loss(deadlineMs);
      if (this.ended !== undefined) throw this.loss();
      await this.change(stop);
    }
    return this.frames.shift() as Frame;
  }

  /** Sends a frame, waiting while the guest does not read. A lost machine is noticed by the next `next`. */
  async send(type: FrameType, payload?: Buffer): Promise<void> {
    if (this.ended !== undefined || this.channel.destroyed) return;
    if (!this.channel.write(encode(type, payload)))
      await Promise.race([once(this.channel, 'drain'), once(this.channel, 'close'), this.closed]).catch(
        () => undefined,
      );
  }

  /** Decodes what the guest said; what is malformed makes the machine a lost one. */
  decode<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.protocolError((error as Error).message);
    }
  }

  /** Waits until the machine powered itself off. */
  async powerOff(deadlineMs: number, signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    while (this.ended === undefined && !stop.aborted) await this.change(stop);
    if (this.ended === undefined) throw this.loss(deadlineMs);
  }

  /** Ends QEMU and waits until it is gone. */
  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.closed;
  }

  protocolError(cause: string): AegisError {
    return new AegisError('MACHINE_LOST', `cannot understand the guest of kernel ${this.kernel}: ${cause}`);
  }

  private loss(deadlineMs?: number): AegisError {
    const { console, qemuOutput, ended } = this;
    return lossError(this.kernel, {
      console,
      qemuOutput,
      ended,
      greeted: this.hello !== undefined,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  }

  /** Resolves when anything about the machine has changed, or `stop` fires. */
  private async change(stop: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        stop.removeEventListener('abort', done);
        resolve();
      };
      this.wake = done;
      if (stop.aborted) done();
      else stop.addEventListener('abort', done, { once: true });
    });
  }

  private listen(console: Duplex): void {
    const keep = (log: string, chunk: Buffer) => (log + chunk.toString('utf8')).slice(-keptLog);
    console.on('data', (chunk: Buffer) => {
      this.console = keep(this.console, chunk);
    });
    for (const output of [this.child.stdout, this.child.stderr])
      output?.on('data', (chunk: Buffer) => {
        this.qemuOutput = keep(this.qemuOutput, chunk);
        this.wake();
      });
    this.channel.on('data', (chunk: Buffer) => {
      if (this.failure !== undefined) return;
      try {
        this.frames.push(...this.decoder.feed(chunk));
      } catch (error) {
        this.failure = (error as Error).message;
      }
      this.wake();
    });
    // A reset of either socket is how QEMU's death shows here; its exit says the rest.
    for (const socket of [console, this.channel]) socket.on('error', () => undefined);
    this.child.on('close', (code, signal) => {
      this.ended = signal ? `QEMU was killed by ${signal}` : `QEMU ended with ${code}`;
      this.wake();
    });
  }
}
