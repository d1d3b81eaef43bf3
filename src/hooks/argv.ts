/** An argument list that the hooks could not be told of in full is refused: they would decide about another call. */
const longestList = 8192;
const longestTotal = 256 * 1024;

/** Why an argument list cannot be taken, or undefined. Node decodes what is not UTF-8 to U+FFFD, so that counts, too. */
export function argvFlaw(argv: readonly string[]): string | undefined {
  if (argv.length > longestList) return `there are ${argv.length} arguments, and ${longestList} are the most`;
  let total = 0;
  for (const [index, argument] of argv.entries()) {
    if (argument.includes('\0')) return `argument ${index + 1} contains a NUL byte`;
    const bytes = Buffer.byteLength(argument);
    // As many bytes as characters: all ASCII, and nothing to look for.
    if (bytes !== argument.length && /[\p{Surrogate}\uFFFD]/u.test(argument))
      return `argument ${index + 1} is not UTF-8`;
    total += bytes;
  }
  return total > longestTotal
    ? `the arguments take ${total} bytes, and ${longestTotal} are the most`
    : undefined;
}
