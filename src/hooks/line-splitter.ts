/** A longer line is no event; it is skipped without being kept. */
const longestLine = 1024 * 1024;

/** Cuts chunks into lines. Blank lines are dropped, over-long ones come out as undefined. */
export class LineSplitter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private line = 0;

  *take(chunk: Buffer): Generator<[number, string | undefined]> {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.hold(chunk.subarray(from, end));
      from = end + 1;
      const found = this.rest();
      this.line += 1;
      this.held = [];
      this.heldBytes = 0;
      if (found) yield found;
    }
    this.hold(chunk.subarray(from));
  }

  /** What stands behind the last line end. */
  rest(): [number, string | undefined] | undefined {
    if (this.heldBytes === 0) return undefined;
    const text = this.heldBytes > longestLine ? undefined : Buffer.concat(this.held).toString('utf8');
    return [this.line + 1, text];
  }

  reset(): void {
    this.held = [];
    this.heldBytes = 0;
    this.line = 0;
  }

  private hold(part: Buffer): void {
    this.heldBytes += part.length;
    if (this.heldBytes <= longestLine) this.held.push(part);
    else this.held = [];
  }
}
