import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface RawAnswer {
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A stock JSON-RPC client: what anybody can say to the runtime with a few lines and no library of ours. */
export class RawClient {
  private readonly lines: AsyncIterator<string>;
  private id = 0;

  private constructor(private readonly socket: Socket) {
    this.lines = createInterface({ input: socket })
      .on('error', () => undefined)
      [Symbol.asyncIterator]();
  }

  static async connect(socketPath: string): Promise<RawClient> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  async call(method: string, params: object): Promise<RawAnswer> {
    this.send(++this.id, method, params);
    return await this.next();
  }

  send(id: number | string, method: string, params: object): void {
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  }

  /** The next answer, whosever it is. */
  async next(): Promise<RawAnswer> {
    const line = await this.lines.next();
    if (line.done) throw new Error('the runtime closed the connection');
    return JSON.parse(line.value) as RawAnswer;
  }

  close(): void {
    this.socket.destroy();
  }
}
