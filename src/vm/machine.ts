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
import { handOverMark } from './initramfs.js';
import { channelFd, consoleFd, qemuArguments, qemuProgram, type MachineSpec } from './qemu.js';
import { lossError } from './verdict.js';

/** What is kept of the console's log and of QEMU's own output, in characters. */
const keptLog = 64 * 1024;
/** How many frames may wait to be read before the guest is made to wait. */
const mostFrames = 16;

/**
 * A running QEMU and the channel into its guest. It dies with this process, however that ends. `close` must be called on
 * every way out.
 */
export class Machine {
  private console = '';
  private qemuOutput = '';
  private handedOver = false;
  private ended: string | undefined;
  private hello: Hello | undefined;
  private readonly decoder = new FrameDecoder();
  private readonly frames: Frame[] = [];
  private failure: string | undefined;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly kernel: string,
    private readonly child: ChildProcess,
    private readonly channel: Duplex,
    private readonly closed: Promise<unknown>,
  ) {}

  /** Powers a machine on. Nothing of its boot is waited for. @throws AegisError TOOL_MISSING */
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
    const frame = await this.next(performance.now() + deadlineMs, deadlineMs, signal);
    if (frame.type !== FrameType.hello) throw this.protocolError('it spoke before its greeting');
    const hello = this.decode(() => decodeHello(frame.payload));
    if (hello.version !== protocolVersion)
      throw this.protocolError(`its channel speaks version ${hello.version}, not ${protocolVersion}`);
    if (hello.init !== 'systemd')
      throw new AegisError('NO_SYSTEMD', `cannot use the guest: its process 1 is ${hello.init}, not systemd`);
    this.hello = hello;
    return hello;
  }

  /**
   * The next frame of the guest.
   * @param deadline when to give up, on the clock of `performance.now`
   * @param limitMs what the user was told the limit is
   * @throws AegisError of a lost machine, a missed deadline or an interruption
   */
  async next(deadline: number, limitMs: number, signal: AbortSignal): Promise<Frame> {
    for (;;) {
      if (signal.aborted)
        throw new AegisError('INTERRUPTED', `cannot finish the run on kernel ${this.kernel}: interrupted`);
      const frame = this.frames.shift();
      if (frame) {
        if (this.frames.length === 0) this.channel.resume();
        return frame;
      }
      if (this.failure !== undefined) throw this.protocolError(this.failure);
      if (this.ended !== undefined) throw this.loss();
      const left = deadline - performance.now();
      if (left <= 0) throw this.loss(limitMs);
      await this.change(left, signal);
    }
  }

  /** Whether the guest said something that `next` has not returned yet. */
  get hasFrame(): boolean {
    return this.frames.length > 0;
  }

  /**
   * Sends a frame, waiting while the guest does not read, unless the guest has something to say first. That the machine
   * is lost is told by the next `next`.
   */
  async send(type: FrameType, payload: Buffer, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    if (this.channel.write(encode(type, payload))) return;
    const onDrain = () => this.wake();
    this.channel.on('drain', onDrain);
    try {
      while (this.channel.writableNeedDrain && !this.hasFrame && !this.isOver) {
        if (signal.aborted) return;
        const left = deadline - performance.now();
        if (left <= 0) throw this.loss(deadlineMs);
        await this.change(left, signal);
      }
    } finally {
      this.channel.off('drain', onDrain);
    }
  }

  /** Whether the guest can say nothing more. */
  private get isOver(): boolean {
    return this.failure !== undefined || this.ended !== undefined;
  }

  /** Decodes what the guest said; what is malformed makes the machine a lost one. */
  decode<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.protocolError((error as Error).message);
    }
  }

  /** Waits until the machine powered itself off. @throws AegisError when it has not in time */
  async powerOff(deadlineMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (this.ended === undefined) {
      const left = deadline - performance.now();
      if (left <= 0 || signal.aborted) throw this.loss(deadlineMs);
      await this.change(left, signal);
    }
  }

  /** Ends QEMU and waits until it is gone. */
  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    // Output that nobody reads any more would keep the stream, and so the child, from being closed.
    this.channel.destroy();
    await this.closed;
  }

  protocolError(cause: string): AegisError {
    return new AegisError('MACHINE_LOST', `cannot understand the guest of kernel ${this.kernel}: ${cause}`);
  }

  private loss(deadlineMs?: number): AegisError {
    const { console, qemuOutput, handedOver, ended } = this;
    return lossError(this.kernel, {
      console,
      qemuOutput,
      handedOver,
      ended,
      greeted: this.hello !== undefined,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  }

  /** Resolves when anything about the machine has changed, after `ms`, or when `signal` fires. */
  private async change(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.ceil(ms));
      this.wake = done;
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  private listen(console: Duplex): void {
    const keep = (log: string, chunk: Buffer) => (log + chunk.toString('utf8')).slice(-keptLog);
    console.on('data', (chunk: Buffer) => {
      this.console = keep(this.console, chunk);
      // Noted as it passes: what follows may push it out of the log.
      this.handedOver ||= this.console.includes(handOverMark);
    });
    for (const output of [this.child.stdout, this.child.stderr])
      output?.on('data', (chunk: Buffer) => {
        this.qemuOutput = keep(this.qemuOutput, chunk);
        // QEMU only pauses the machine then, and nothing would ever come of it.
        if (this.qemuOutput.includes('KVM internal error')) this.child.kill('SIGKILL');
        this.wake();
      });
    this.channel.on('data', (chunk: Buffer) => {
      if (this.failure !== undefined) return;
      try {
        this.frames.push(...this.decoder.feed(chunk));
        // A slow reader of the command's output slows the guest down instead of filling this process's memory.
        if (this.frames.length > mostFrames) this.channel.pause();
      } catch (error) {
        this.failure = (error as Error).message;
      }
      this.wake();
    });
    // A reset of either socket is how QEMU's death shows here; its exit says the rest.
    for (const socket of [console, this.channel]) socket.on('error', () => undefined);
    this.child.on('close', (code, signal) => {
      if (this.qemuOutput.includes('KVM internal error')) this.ended = 'KVM had an internal error';
      else this.ended = signal ? `QEMU was killed by ${signal}` : `QEMU ended with ${code}`;
      this.wake();
    });
  }
}
