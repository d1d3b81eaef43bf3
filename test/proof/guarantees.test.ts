import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/paths.js';
import { gaps } from '../../src/proof/evasion/gaps.js';
import { proofNames, selectProofs } from '../../src/proof/registry.js';

// GUARANTEES.md and the proofs say the same, and neither says more.
const text = readFileSync(join(packageRoot, 'GUARANTEES.md'), 'utf8');

/** The cells of every table row below a heading, without the table's own head. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** Every name of a test point in the proofs' sources; what is put in at run time stands as `${...}`. */
function pointNames(): string[] {
  const folders = ['proofs', join('src', 'proof')].map((folder) => join(packageRoot, folder));
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\.point\(\s*(['`])(.*?)\1/gs)])
    .map(([, , name = '']) => name);
}

function matcherOf(name: string): RegExp {
  const parts = name.split(/\$\{.*?\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}

const selected = await selectProofs([]);
const scenarios = selected.flatMap(({ proof, scenarios: all }) =>
  all.map(({ name }) => `${proof.name}/${name}`),
);
const guaranteed = rowsBelow('What is guaranteed');

t.test('every guarantee is backed by scenarios and points that are there', (t) => {
  const points = pointNames();
  t.ok(points.length > 20, 'the sources name their points');
  t.ok(guaranteed.length > 20);
  for (const [claim = '', backing = ''] of guaranteed) {
    const named = [...backing.matchAll(/`([\w-]+\/[\w*-]+)`/g)].map(([, name = '']) => name);
    t.ok(named.length > 0 || backing.startsWith('every scenario'), `something backs: ${claim}`);
    for (const name of named) {
      const pattern = new RegExp(`^${name.replaceAll('*', '.+')}$`);
      t.ok(
        scenarios.some((scenario) => pattern.test(scenario)),
        `${name} is there`,
      );
    }
    for (const [, point = ''] of backing.matchAll(/(?<!\*)\*([^*`]+)\*(?!\*)/g)) {
      const prefix = point.endsWith('...') ? point.slice(0, -3) : undefined;
      const isThere = points.some((name) =>
        prefix === undefined ? matcherOf(name).test(point) : name.startsWith(prefix),
      );
      t.ok(isThere, `the point "${point}" is there`);
    }
  }
  t.end();
});

t.test('every proof backs a guarantee', async (t) => {
  for (const name of await proofNames())
    t.ok(
      guaranteed.some(([, backing]) => backing?.includes(`\`${name}/`)),
      name,
    );
});

t.test('the gaps are those that the rows know, with their classes and rungs', (t) => {
  const known = new Map<string, { classes: Set<string>; rungs: Set<string> }>();
  for (const { gap, kinds, rungs } of gaps) {
    const entry = known.get(gap) ?? { classes: new Set(), rungs: new Set() };
    kinds.forEach((kind) => entry.classes.add(kind));
    rungs.forEach((rung) => entry.rungs.add(rung));
    known.set(gap, entry);
  }
  const list = (values: Iterable<string>) => [...values].sort().join(', ');
  const fromCode = [...known].map(([gap, { classes, rungs }]) => [gap, list(classes), list(rungs)]);
  const fromText = rowsBelow('Known gaps').map(([gap = '', classes = '', rungs = '', meaning = '']) => {
    t.ok(meaning.length > 10, `${gap} is explained`);
    return [gap.replaceAll('`', ''), list(classes.split(', ')), list(rungs.split(', '))];
  });
  const byName = (a: string[], b: string[]) => (a[0] ?? '').localeCompare(b[0] ?? '');
  t.same(fromText.sort(byName), fromCode.sort(byName));
  t.end();
});
