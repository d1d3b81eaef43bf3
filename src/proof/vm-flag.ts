/**
 * Lets `--vm` take any number of kernels, none included, which oclif's flags cannot say: each word after `--vm` that
 * is not a flag becomes a `--vm=WORD` of its own, up to the first that names a proof; a bare `--vm` means `all`.
 * `isProof` tells the names of proofs, so that `--vm lsm-deny` reads as meant.
 */
export function expandVmFlag(argv: readonly string[], isProof: (word: string) => boolean): string[] {
  const expanded: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word !== '--vm') {
      expanded.push(word);
      continue;
    }
    const kernels: string[] = [];
    for (let next = argv[i + 1]; next !== undefined && !next.startsWith('-'); next = argv[i + 1]) {
      if (isProof(next.split('/')[0] ?? '')) break;
      kernels.push(next);
      i += 1;
    }
    expanded.push(...(kernels.length > 0 ? kernels : ['all']).map((kernel) => `--vm=${kernel}`));
  }
  return expanded;
}
