const first = 10;
const most = 1000;

/**
 * How long to wait before the next attempt: doubling from 10 ms to a second, the upper half of it by chance, so that
 * a thousand agents do not come back to a restarted runtime at the same moment.
 */
export class Backoff {
  private attempt = 0;

  constructor(private readonly random: () => number = Math.random) {}

  next(): number {
    const ceiling = Math.min(most, first * 2 ** this.attempt);
    this.attempt = Math.min(this.attempt + 1, 16);
    return ceiling / 2 + (this.random() * ceiling) / 2;
  }

  reset(): void {
    this.attempt = 0;
  }
}
