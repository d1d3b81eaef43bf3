import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { table } from '../src/ui.js';

/** What a benchmark file exports: it measures and returns rows for the report. */
export type Benchmark = () => Promise<{
  readonly name: string;
  readonly rows: readonly { readonly what: string; readonly value: string }[];
}>;

/** Files of this folder that are not benchmarks themselves. */
const notBenchmarks = ['guest-figures', 'main', 'measure'];

const folder = dirname(fileURLToPath(import.meta.url));
const known = (await readdir(folder))
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))
  .filter((name) => !notBenchmarks.includes(name))
  .sort();
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown benchmark: ${unknown.join(', ')}. Known: ${known.join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : known) {
    const { default: bench } = (await import(pathToFileURL(join(folder, `${name}.js`)).href)) as {
      default: Benchmark;
    };
    const result = await bench();
    process.stdout.write(
      `${result.name}\n${table(result.rows.map(({ what, value }) => [`  ${what}`, value]))}\n`,
    );
  }
}
