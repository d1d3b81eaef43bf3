import { geteuid } from 'node:process';
import { AegisError, messageOf } from '../errors.js';
import { isNativeError, loadNative, type NativeClient } from '../native.js';
import { runtimeSocketPath } from './socket-path.js';

export interface PendingApproval {
  readonly approvalId: string;
  readonly agentId: string;
  readonly tool: string;
  /** JSON text, the first kilobyte unless asked for by id. */
  readonly arguments: string;
  readonly argumentsCut: boolean;
  readonly reason: string;
  readonly waitingMs: number;
  readonly expiresInMs: number;
}

/** What the runtime says of itself; the lists only to an operator. */
export interface RuntimeStatus {
  readonly instance: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly isOperator: boolean;
  readonly policy: {
    readonly loaded: boolean;
    readonly error: string;
    readonly rules?: number;
    readonly default?: string;
  };
  readonly agentCount: number;
  readonly approvalCount: number;
  readonly lastEvent: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly agents?: readonly Readonly<Record<string, unknown>>[];
  readonly approvals?: readonly PendingApproval[];
  readonly approval?: PendingApproval;
}

/** One event of the runtime: numbered without gaps, so that a gap seen is a loss known. */
export interface RuntimeEvent {
  readonly sequence: number;
  readonly timeUnixMs: number;
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface OperatorOptions {
  readonly socketPath?: string | undefined;
  readonly instance?: string | undefined;
  readonly timeoutMs?: number;
}

/** An operator's connection to a running authority. */
export class Operator {
  private constructor(
    private readonly client: NativeClient,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Connects, or throws `NATIVE_MISSING` (no extension) or `RUNTIME_UNREACHABLE` (nobody there, not to be trusted, or
   * silent).
   */
  static async connect(options: OperatorOptions = {}): Promise<Operator> {
    const native = loadNative();
    if (native.state === 'missing')
      throw new AegisError(
        'NATIVE_MISSING',
        `cannot talk to the runtime: the native extension is missing (${native.reason})`,
        {
          wayOut: 'Build it with `make -C native addon`.',
        },
      );
    const timeoutMs = options.timeoutMs ?? 2000;
    const socketPath = runtimeSocketPath(options);
    const client = new native.module.NativeClient();
    try {
      client.open(socketPath, geteuid?.() ?? 0);
      await client.hello(timeoutMs);
    } catch (error) {
      client.close();
      throw new AegisError(
        'RUNTIME_UNREACHABLE',
        `cannot reach the runtime at ${socketPath}: ${messageOf(error)}`,
        {
          cause: error,
          wayOut: 'Start it with `aegis-agent runtime --policy FILE`, or name its --instance.',
        },
      );
    }
    return new Operator(client, timeoutMs);
  }

  async status(approvalId?: string): Promise<RuntimeStatus> {
    return (await this.request(
      'status.get',
      approvalId === undefined ? {} : { approvalId },
    )) as RuntimeStatus;
  }

  /** Decides about a waiting call; throws `RUNTIME_REFUSED` when there is none, or when we may not. */
  async decide(approvalId: string, decision: 'allow' | 'deny'): Promise<{ tool: string; agentId: string }> {
    return (await this.request('approval.decide', { approvalId, decision })) as {
      tool: string;
      agentId: string;
    };
  }

  /**
   * Hands over each event, those kept since `after` first, until the signal or the end of the channel. Once a
   * connection: the runtime goes on sending, so a second time would bring some events twice.
   */
  async follow(
    options: { readonly after?: number; readonly signal: AbortSignal },
    onEvent: (event: RuntimeEvent) => void,
  ): Promise<'aborted' | 'closed'> {
    const { signal, after } = options;
    return new Promise((resolve, reject) => {
      const end = (how: 'aborted' | 'closed') => {
        clearInterval(alive);
        signal.removeEventListener('abort', onAbort);
        resolve(how);
      };
      const onAbort = () => end('aborted');
      // The connection alone keeps no process alive while nobody is asked.
      const alive = setInterval(() => undefined, 60_000);
      signal.addEventListener('abort', onAbort);
      this.client.onClosed(() => end('closed'));
      this.client.onNotification((frame) => {
        const { method, params } = JSON.parse(frame) as { method: string; params: RuntimeEvent };
        onEvent(
          method === 'event' ? params : { ...params, sequence: 0, timeUnixMs: Date.now(), type: method },
        );
      });
      if (signal.aborted) return end('aborted');
      this.request('events.subscribe', after === undefined ? {} : { after }).catch((error: Error) => {
        end('closed');
        reject(error);
      });
    });
  }

  close(): void {
    this.client.close();
  }

  private async request(method: string, params: object): Promise<unknown> {
    try {
      return JSON.parse(await this.client.request(method, JSON.stringify(params), this.timeoutMs)) as unknown;
    } catch (error) {
      const isRefused = isNativeError(error) && error.code === 'refused';
      throw new AegisError(
        isRefused ? 'RUNTIME_REFUSED' : 'RUNTIME_UNREACHABLE',
        `cannot call ${method} of the runtime: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
}

/** Connects, decides about one waiting call, and leaves. Throws as `Operator.connect` and `Operator.decide` do. */
export async function decideApproval(
  approvalId: string,
  decision: 'allow' | 'deny',
  options: OperatorOptions,
): Promise<{ approvalId: string; decision: 'allow' | 'deny'; tool: string; agentId: string }> {
  const operator = await Operator.connect(options);
  try {
    const { tool, agentId } = await operator.decide(approvalId, decision);
    return { approvalId, decision, tool, agentId };
  } finally {
    operator.close();
  }
}
