/**
 * The guest channel's frames: `[type u8][length u32 little-endian][payload]`. native/guest/frame.hpp is the other end
 * and has the same numbers.
 */
export const FrameType = {
  hello: 1,
  out: 2,
  err: 3,
  ended: 4,
  refused: 5,
  copied: 6,
  copyBegin: 16,
  copyData: 17,
  copyEnd: 18,
  run: 19,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** A longer frame is a broken or hostile peer; it is refused before anything is allocated for it. */
export const maxPayload = 64 * 1024;
const headerSize = 5;
export const protocolVersion = 1;

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

/** Bytes that are no frame. The channel is of no use any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const fromGuest = new Set<number>([
  FrameType.hello,
  FrameType.out,
  FrameType.err,
  FrameType.ended,
  FrameType.refused,
  FrameType.copied,
]);

/** Takes bytes of the guest as they arrive and gives whole frames. */
export class FrameDecoder {
  private pending: Buffer = Buffer.alloc(0);

  /**
   * @returns the frames that are complete now, in order
   * @throws FrameError when a header has an unknown type or a length over `maxPayload`
   */
  feed(bytes: Buffer): Frame[] {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const frames: Frame[] = [];
    while (this.pending.length >= headerSize) {
      const type = this.pending.readUInt8(0);
      const length = this.pending.readUInt32LE(1);
      if (!fromGuest.has(type)) throw new FrameError(`unknown frame type ${type}`);
      if (length > maxPayload) throw new FrameError(`a frame of ${length} bytes, over ${maxPayload}`);
      if (this.pending.length < headerSize + length) break;
      frames.push({
        type: type as FrameType,
        payload: this.pending.subarray(headerSize, headerSize + length),
      });
      this.pending = this.pending.subarray(headerSize + length);
    }
    return frames;
  }
}

/** The bytes of one frame. @throws FrameError when the payload is over `maxPayload` */
export function encode(type: FrameType, payload: Buffer = Buffer.alloc(0)): Buffer {
  if (payload.length > maxPayload)
    throw new FrameError(`a frame of ${payload.length} bytes, over ${maxPayload}`);
  const header = Buffer.alloc(headerSize);
  header.writeUInt8(type, 0);
  header.writeUInt32LE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** What the guest says of itself when its channel is up. */
export interface Hello {
  readonly version: number;
  readonly kernelRelease: string;
  /** The name of process 1. */
  readonly init: string;
}

/** @throws FrameError when the payload is not a version and two NUL-terminated strings */
export function decodeHello(payload: Buffer): Hello {
  const [kernelRelease, init, rest] = payload.subarray(1).toString('utf8').split('\0');
  if (payload.length < 1 || !kernelRelease || !init || rest !== '')
    throw new FrameError('a malformed greeting');
  return { version: payload.readUInt8(0), kernelRelease, init };
}

/** The exit code of an `ended` frame: 0 to 255. @throws FrameError */
export function decodeEnded(payload: Buffer): number {
  const code = payload.length === 4 ? payload.readUInt32LE(0) : 256;
  if (code > 255) throw new FrameError('a malformed exit status');
  return code;
}

/** The payload of a `run` frame. @throws FrameError when a string holds a NUL or all are too long for one frame */
export function encodeCommand(argv: readonly string[], env: Readonly<Record<string, string>>): Buffer {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const strings = [...argv, ...variables];
  if (strings.some((text) => text.includes('\0'))) throw new FrameError('an argument holds a NUL byte');
  const counts = Buffer.alloc(8);
  counts.writeUInt32LE(argv.length, 0);
  counts.writeUInt32LE(variables.length, 4);
  return Buffer.concat([counts, Buffer.from(strings.map((text) => `${text}\0`).join(''))]);
}

/** The payload of a `copy_begin` frame. */
export function encodeCopyBegin(mode: number, path: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(mode & 0o7777, 0);
  return Buffer.concat([bytes, Buffer.from(path)]);
}
