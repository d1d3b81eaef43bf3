import { cut } from './event.js';
import {
  bareScheme,
  isSecretName,
  keyShapes,
  mayHoldSecret,
  secretAssignment,
  secretHeader,
  secretMember,
  urlUserInfo,
} from './secret-shapes.js';

/** What stands in a secret's place. No hash of it: a short secret is found again by hashing guesses. */
export const mark = '[redacted]';

/** Short flags whose value is a secret in the tools people wrap: `-t TOKEN`, `-pPASSWORD`. */
const secretShortFlags = new Set(['t', 'p', 'P']);
/** `-u user:password`, as curl has it: a secret only when there is a colon. */
const userFlag = 'u';
const userFlags = new Set(['user', 'proxy-user', 'login', userFlag]);
/** Secrets shorter than this are not looked for elsewhere: they would blot out innocent text. */
const shortestEcho = 6;
/** Characters of one text that are kept. */
export const longestText = 8 * 1024;
/** Characters of a cause or a reason that are kept. */
const longestTold = 2048;
/** Patterns look this much further, so that a secret across the cut is still recognised. */
const lookahead = 1024;

/** What the next argument is, judged by the flag before it. */
type Next = 'plain' | 'secret' | 'user';

/**
 * Takes secrets out of an argument list and of texts that may repeat them (an error's message). Rather too much than
 * too little: what is in the ledger stays there. The secrets found in the list are remembered only in this object.
 */
export class Redactor {
  /** The argument list without its secrets: as long as the one given, position by position. */
  readonly argv: readonly string[];
  /** True when an argument was longer than what is kept of one. */
  readonly isCut: boolean;
  private readonly found = new Set<string>();

  constructor(argv: readonly string[]) {
    const cleaned: string[] = [];
    let next: Next = 'plain';
    for (const argument of argv) {
      if (next === 'secret' || (next === 'user' && argument.includes(':'))) {
        this.remember(next === 'secret' ? argument : argument.slice(argument.indexOf(':') + 1));
        cleaned.push(mark);
        next = 'plain';
      } else {
        const cleanedArgument = this.cleanArgument(argument);
        cleaned.push(cleanedArgument.text);
        next = cleanedArgument.next;
      }
    }
    // A second pass: a secret given to one flag may stand elsewhere in the list, before it even.
    this.argv = cleaned.map((argument) => this.dropEchoes(argument));
    this.isCut = argv.some((argument, i) => argument.length > longestText && cleaned[i] !== mark);
  }

  /** A cause or a reason without secrets, those of the argument list included, cut to `longestTold` characters. */
  text(text: string): string {
    return cut(this.dropEchoes(this.cleanShapes(text)), longestTold);
  }

  private cleanArgument(argument: string): { text: string; next: Next } {
    const flag = /^(--?)([^=:\s]+)(?:([=:]\s*)([\s\S]*))?$/.exec(argument);
    const [, dashes = '', name = '', separator = '', value] = flag ?? [];
    if (name !== '' && isSecretName(name)) {
      if (value === undefined) return { text: argument, next: 'secret' };
      this.remember(value);
      return { text: `${dashes}${name}${separator}${mark}`, next: 'plain' };
    }
    if (userFlags.has(name)) {
      if (value === undefined) return { text: argument, next: 'user' };
      if (value.includes(':')) {
        this.remember(value.slice(value.indexOf(':') + 1));
        return { text: `${dashes}${name}${separator}${mark}`, next: 'plain' };
      }
    }
    return (
      (dashes === '-' ? this.cleanShortFlag(argument) : undefined) ?? {
        text: this.cleanShapes(argument),
        next: 'plain',
      }
    );
  }

  /** `-t X` (the value comes next), `-tX`, `-t=X`, `-uUSER:PASSWORD`. */
  private cleanShortFlag(argument: string): { text: string; next: Next } | undefined {
    const letter = argument[1] ?? '';
    const rest = argument.slice(2);
    if (secretShortFlags.has(letter)) {
      if (rest === '') return { text: argument, next: 'secret' };
      this.remember(rest.replace(/^[=:]/, ''));
      return { text: `-${letter}${mark}`, next: 'plain' };
    }
    if (letter === userFlag && rest.includes(':')) {
      this.remember(rest.slice(rest.indexOf(':') + 1));
      return { text: `-${letter}${mark}`, next: 'plain' };
    }
    return undefined;
  }

  private remember(secret: string): void {
    if (secret.length >= shortestEcho && secret !== mark) this.found.add(secret);
  }

  private dropEchoes(text: string): string {
    let clean = text;
    for (const secret of this.found) clean = clean.replaceAll(secret, mark);
    return clean;
  }

  /** Takes out what looks like a secret by itself. */
  private cleanShapes(text: string): string {
    if (text.length <= longestText && !mayHoldSecret(text)) return text;
    const keep = (secret: string) => {
      this.remember(secret.replace(/^["']|["']$/g, ''));
      return mark;
    };
    let clean = text
      .slice(0, longestText + lookahead)
      .replace(urlUserInfo, (_all, scheme: string, user: string) => {
        keep(user.slice(user.indexOf(':') + 1));
        return `${scheme}${mark}@`;
      })
      .replace(
        secretMember,
        (_all, quote: string, name: string, colon: string, value: string) =>
          `${quote}${name}${quote}${colon}"${keep(value)}"`,
      )
      .replace(secretHeader, `$1$2$3${mark}`)
      .replace(
        secretAssignment,
        (_all, before: string, name: string, equals: string, value: string) =>
          `${before}${name}${equals}${keep(value)}`,
      )
      .replace(bareScheme, `$1$2${mark}`);
    for (const shape of keyShapes) clean = clean.replace(shape, keep);
    return text.length > longestText ? `${clean.slice(0, longestText)}…` : clean;
  }
}
