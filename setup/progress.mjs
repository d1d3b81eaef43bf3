/**
 * Progress of a set-up: a plain line when a step starts and ends; in between, on a terminal, one live line with the
 * newest output of the tool at work, and elsewhere such a line at most every ten seconds, so that a log shows life.
 */
export class Progress {
  #stream;
  #lastNote = Date.now();

  /** @param {NodeJS.WriteStream} [stream] */
  constructor(stream = process.stdout) {
    this.#stream = stream;
  }

  /** @param {string} text a line that stays */
  line(text) {
    this.#clear();
    this.#stream.write(`set-up: ${text}\n`);
    this.#lastNote = Date.now();
  }

  /** @param {string} text output of the tool at work; may never be shown */
  note(text) {
    const plain = text.replace(/[^\x20-\x7e]+/g, ' ').trim();
    if (plain === '') return;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[2K  ${shorten(plain, Math.max(40, this.#stream.columns ?? 80) - 3)}`);
    } else if (Date.now() - this.#lastNote > 10_000) {
      this.#stream.write(`  ${shorten(plain, 100)}\n`);
      this.#lastNote = Date.now();
    }
  }

  #clear() {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[2K');
  }
}

/** Compilers say at the end of a long line what they are at, so the middle is what goes. */
function shorten(text, width) {
  const head = 16;
  return text.length <= width ? text : `${text.slice(0, head)} ... ${text.slice(head + 5 - width)}`;
}

/**
 * @param {number} startedAt milliseconds, from Date.now()
 * @returns {string} the time since then, for people
 */
export function since(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
