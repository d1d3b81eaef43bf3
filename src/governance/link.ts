import { watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { isNativeError, type NativeClient, type NativeModule } from '../native.js';
import { messageOf } from '../errors.js';
import { Backoff } from './backoff.js';
import type { Outcome } from './verdict.js';

export interface LinkOptions {
  readonly native: NativeModule;
  readonly socketPath: string;
  /** Whose runtime is trusted besides root's. */
  readonly expectedUid: number;
  /** For connecting, hello and registration together, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly queryTimeoutMs: number;
  /** The registration's parameters, as JSON; undefined when the agent does not register. */
  readonly registration?: string;
}

export type LinkState = 'connected' | 'unreachable' | 'refused' | 'closed';

/** The runtime's code for a token it does not (or no longer) know. */
const unauthorized = -32001;

/**
 * The one connection of an agent to its runtime: connects, says hello, registers, and does so again whenever the
 * runtime comes back. Questions asked meanwhile are not kept waiting longer than one attempt.
 */
export class RuntimeLink {
  private readonly client: NativeClient;
  private readonly backoff = new Backoff();
  private attempt: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private folder: FSWatcher | undefined;
  private current: LinkState = 'unreachable';
  private lastFailure: unknown;

  constructor(private readonly options: LinkOptions) {
    this.client = new options.native.NativeClient();
    this.client.onClosed(() => this.lost(new Error('the runtime closed the channel')));
  }

  get state(): LinkState {
    return this.current === 'connected' && !this.client.isOpen() ? 'unreachable' : this.current;
  }

  /** Why it is not connected. */
  get failure(): string {
    return this.lastFailure === undefined ? '' : messageOf(this.lastFailure);
  }

  /** One attempt; whoever asks meanwhile shares it. Rejects with why it failed. */
  connect(): Promise<void> {
    this.attempt ??= this.tryOnce().finally(() => (this.attempt = undefined));
    return this.attempt;
  }

  /** From now on a lost connection is looked for again, in the background, until `close()`. */
  keepTrying(): void {
    if (this.state === 'connected' || this.state === 'closed' || this.retry) return;
    this.watchFolder();
    const again = () => {
      this.retry = undefined;
      this.connect().catch(() => this.keepTrying());
    };
    this.retry = setTimeout(again, this.backoff.next());
    this.retry.unref();
  }

  /** Asks about a call. Never rejects: why there is no answer is itself an outcome. */
  async query(tool: string, args: string): Promise<Outcome> {
    const { queryTimeoutMs } = this.options;
    return this.ask(() => this.client.query(tool, args, queryTimeoutMs), 'query');
  }

  /** As `query`, blocking; a connection that is lost is not looked for. */
  querySync(tool: string, args: string): Outcome {
    if (this.state !== 'connected') return this.unreachable();
    try {
      return read(this.client.querySync(tool, args, this.options.queryTimeoutMs), 'query');
    } catch (error) {
      return this.failed(error);
    }
  }

  async waitForApproval(approvalId: string, timeoutMs: number): Promise<Outcome> {
    return this.ask(() => this.client.waitForApproval(approvalId, timeoutMs), 'approval');
  }

  /** Deregisters if it can, and closes everything. */
  async close(): Promise<void> {
    const wasConnected = this.state === 'connected';
    this.current = 'closed';
    this.stopWaiting();
    if (wasConnected && this.options.registration !== undefined) {
      try {
        await this.client.deregister(this.options.queryTimeoutMs);
      } catch {
        // The runtime forgets an agent that stops its heartbeats; nothing else is to be done here.
      }
    }
    this.client.close();
  }

  private async ask(send: () => Promise<string>, kind: 'query' | 'approval'): Promise<Outcome> {
    if (this.state !== 'connected') {
      if (this.state === 'closed') return { kind: 'failure', word: 'channel_closed', message: 'shut down' };
      try {
        await this.connect();
      } catch {
        this.keepTrying();
        return this.unreachable();
      }
    }
    try {
      return read(await send(), kind);
    } catch (error) {
      return this.failed(error);
    }
  }

  private async tryOnce(): Promise<void> {
    if (this.current === 'closed') throw new Error('the link is closed');
    const deadline = performance.now() + this.options.connectTimeoutMs;
    const left = () => Math.max(1, deadline - performance.now());
    let ttlMs: unknown;
    try {
      this.client.close();
      this.client.open(this.options.socketPath, this.options.expectedUid);
      await this.client.hello(left());
      if (this.options.registration !== undefined) {
        const answer = await this.client.register(this.options.registration, left());
        ttlMs = (JSON.parse(answer) as { heartbeatTtlMs?: unknown }).heartbeatTtlMs;
      }
      // The end of the channel may come with the last answer; nobody else would look for the runtime again then.
      if (!this.client.isOpen()) throw new Error('the runtime closed the channel');
    } catch (error) {
      this.client.close();
      this.lastFailure = error;
      if (!this.isClosed())
        this.current = isNativeError(error) && error.code === 'refused' ? 'refused' : 'unreachable';
      throw error;
    }
    // Closed while it was connecting: what was opened goes again.
    if (this.isClosed()) {
      this.client.close();
      throw new Error('the link is closed');
    }
    this.stopWaiting();
    this.backoff.reset();
    this.current = 'connected';
    this.lastFailure = undefined;
    if (typeof ttlMs === 'number' && ttlMs > 0) this.beat(Math.max(100, ttlMs / 3));
  }

  private isClosed(): boolean {
    return this.current === 'closed';
  }

  private beat(everyMs: number): void {
    this.heartbeat = setInterval(() => {
      this.client.heartbeat(this.options.queryTimeoutMs).catch((error: unknown) => this.failed(error));
    }, everyMs);
    this.heartbeat.unref();
  }

  /** What a failed call means for the connection, and for the question. */
  private failed(error: unknown): Outcome {
    const message = messageOf(error);
    if (!isNativeError(error)) return { kind: 'failure', word: 'query_failed', message };
    if (error.code === 'timeout') return { kind: 'failure', word: 'timeout', message };
    if (error.code === 'refused') {
      // The runtime forgot us (restarted, or our heartbeats did not come through): register anew, deny this one.
      if (error.rpcCode === unauthorized) this.lost(error);
      return { kind: 'failure', word: 'query_failed', message };
    }
    if (error.code === 'channel_closed' || error.code === 'protocol_error') this.lost(error);
    const word = { channel_closed: 'channel_closed', protocol_error: 'malformed_answer' }[
      error.code as string
    ];
    return { kind: 'failure', word: word ?? 'query_failed', message };
  }

  private lost(error: unknown): void {
    if (this.current !== 'connected') return;
    this.current = 'unreachable';
    this.lastFailure = error;
    this.stopWaiting();
    this.client.close();
    this.keepTrying();
  }

  private unreachable(): Outcome {
    return { kind: 'failure', word: 'runtime_unreachable', message: this.failure };
  }

  /** A runtime that comes back makes its socket anew; seeing that saves the rest of the wait. */
  private watchFolder(): void {
    if (this.folder) return;
    try {
      this.folder = watch(dirname(this.options.socketPath), { persistent: false }, () => {
        if (!this.retry) return;
        clearTimeout(this.retry);
        this.retry = undefined;
        this.connect().catch(() => this.keepTrying());
      });
      this.folder.on('error', () => this.folder?.close());
    } catch {
      // No such folder yet: the waiting alone will find it.
    }
  }

  private stopWaiting(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    clearInterval(this.heartbeat);
    this.folder?.close();
    this.folder = undefined;
  }
}

function read(text: string, kind: 'query' | 'approval'): Outcome {
  return { kind, answer: JSON.parse(text) as unknown };
}
