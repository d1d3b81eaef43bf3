import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

/** How much of what arrives is kept; the ways send a line each. */
const keptBytes = 256 * 1024;

/** Somebody to reach: one port of this machine, by TCP and by UDP, over IPv4 and IPv6. Keeps what arrives. */
export class Listener {
  private arrived = '';

  private constructor(
    private readonly streams: Server,
    private readonly datagrams: Socket,
    readonly port: number,
  ) {}

  static async open(): Promise<Listener> {
    const streams = createServer();
    streams.listen(0, '::');
    await once(streams, 'listening');
    const { port } = streams.address() as AddressInfo;
    const datagrams = createSocket({ type: 'udp6' });
    datagrams.bind(port, '::');
    await once(datagrams, 'listening');
    const listener = new Listener(streams, datagrams, port);
    streams.on('connection', (stream) => {
      // A way that is killed leaves a broken connection, and what it sent before counts all the same.
      stream.on('error', () => undefined).on('data', (data) => listener.keep(data));
    });
    datagrams.on('message', (data) => listener.keep(data));
    return listener;
  }

  private keep(data: Buffer): void {
    this.arrived = (this.arrived + data.toString('latin1')).slice(-keptBytes);
  }

  /** Whether a text has arrived. What was sent before the call is waited for: a message of its own comes last. */
  async settle(): Promise<(text: string) => boolean> {
    const last = `last-${randomBytes(8).toString('hex')}`;
    const stream = connect(this.port, '::1');
    stream.end(`${last}-stream`);
    const datagram = createSocket('udp6');
    datagram.send(`${last}-datagram`, this.port, '::1');
    while (!this.arrived.includes(`${last}-stream`) || !this.arrived.includes(`${last}-datagram`))
      await new Promise((resolve) => setImmediate(resolve));
    datagram.close();
    return (text) => this.arrived.includes(text);
  }

  close(): void {
    this.streams.close();
    this.datagrams.close();
  }
}
