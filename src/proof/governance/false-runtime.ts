import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** How a false runtime treats a question; what it does not treat is answered as the real one would. */
export interface FalseRuntimeScript {
  /** Instead of reading at all. */
  readonly onConnect?: (socket: Socket) => void;
  readonly onRegister?: (socket: Socket, request: SeenRequest) => void;
  readonly onQuery?: (socket: Socket, request: SeenRequest) => void;
  readonly onWait?: (socket: Socket, request: SeenRequest) => void;
}

/** Something that listens where the runtime should, and misbehaves as told. Speaks the protocol otherwise. */
export class FalseRuntime {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async listen(socketPath: string, script: FalseRuntimeScript): Promise<FalseRuntime> {
    const server = createServer();
    const runtime = new FalseRuntime(server);
    server.on('connection', (socket) => runtime.serve(socket, script));
    server.listen(socketPath);
    await once(server, 'listening');
    return runtime;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket, script: FalseRuntimeScript): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    if (script.onConnect) return script.onConnect(socket);
    const lines = createInterface({ input: socket }).on('error', () => undefined);
    lines.on('line', (line) => {
      const request = JSON.parse(line) as SeenRequest;
      const { method, params } = request;
      if (method === 'runtime.hello')
        return answer(socket, request, { protocol: 1, nonce: params['nonce'], serverNonce: '' });
      if (method === 'agent.register')
        return script.onRegister
          ? script.onRegister(socket, request)
          : answer(socket, request, { registered: true, agentId: params['agentId'], token: 'a-token' });
      if (method === 'policy.query' && script.onQuery) return script.onQuery(socket, request);
      if (method === 'approval.wait' && script.onWait) return script.onWait(socket, request);
      answer(socket, request, {});
    });
  }
}

/** A well-formed answer to a request. */
export function answer(socket: Socket, request: { readonly id: number }, result: unknown): void {
  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, result })}\n`);
}
