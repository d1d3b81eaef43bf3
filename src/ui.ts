import chalk, { Chalk } from 'chalk';

/** chalk itself ignores `NO_COLOR` (https://no-color.org); the program has to honour it. */
const hasColor = !process.env['NO_COLOR'] && chalk.level > 0;
const paint = new Chalk({ level: hasColor ? chalk.level : 0 });

export const colors = {
  good: (text: string) => paint.green(text),
  bad: (text: string) => paint.red(text),
  warn: (text: string) => paint.yellow(text),
  dim: (text: string) => paint.dim(text),
  bold: (text: string) => paint.bold(text),
};

/**
 * One line of live progress on stderr. On a terminal it overwrites itself; elsewhere each new text is a plain line
 * of its own, so that a CI log shows what was going on.
 */
export class Progress {
  private shown = '';

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  update(text: string): void {
    if (text === this.shown) return;
    this.shown = text;
    if (this.stream.isTTY) {
      const width = Math.max(20, this.stream.columns ?? 80);
      this.stream.write(`\r\u001b[2K${colors.dim(text.slice(0, width - 1))}`);
    } else {
      this.stream.write(`${text}\n`);
    }
  }

  /** Removes the live line, so that what is printed next starts on a clean one. */
  clear(): void {
    if (this.stream.isTTY && this.shown) this.stream.write('\r\u001b[2K');
    this.shown = '';
  }
}

/** Lays rows out in columns, padded to the widest cell, without trailing blanks. Cells must not hold colour codes. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * A text from outside, safe to show on a terminal: what could move the cursor, colour, hide itself or turn the writing
 * direction (control and format characters, line and paragraph separators) comes out as a visible escape.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
  });
}
