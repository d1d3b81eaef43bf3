import { createHash } from 'node:crypto';

/** Bytes of a stream that are kept; all of them are counted and hashed. */
export const captureLimit = 1024 * 1024;

/** What is told of a stream: never its content. */
export interface StreamDigest {
  readonly bytes: number;
  readonly sha256: string;
  /** True when more came than was kept. */
  readonly truncated: boolean;
}

/** Takes a stream of any length in bounded memory: hashes everything, keeps the first `limit` bytes. */
export class BoundedCapture {
  private readonly hash = createHash('sha256');
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private bytes = 0;

  constructor(private readonly limit: number = captureLimit) {}

  take(chunk: Buffer): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    const room = this.limit - this.keptBytes;
    if (room <= 0) return;
    // A copy: a slice would hold the whole of Node's read buffer alive.
    const part = Buffer.from(chunk.subarray(0, room));
    this.kept.push(part);
    this.keptBytes += part.length;
  }

  /** Ends the capture; call once. */
  finish(): { digest: StreamDigest; content: Buffer } {
    return {
      digest: {
        bytes: this.bytes,
        sha256: this.hash.digest('hex'),
        truncated: this.bytes > this.keptBytes,
      },
      content: Buffer.concat(this.kept),
    };
  }
}
