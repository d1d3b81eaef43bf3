import type { PointRecord, ScenarioRecord } from '../proof/kit.js';
import type { RunRecord } from '../proof/run-record.js';
import { table } from '../ui.js';

/** The points of a scenario that are rows of a table, and the others. */
export function splitRows(record: ScenarioRecord): {
  readonly rows: readonly PointRecord[];
  readonly others: readonly PointRecord[];
} {
  return {
    rows: record.points.filter(({ isRow }) => isRow),
    others: record.points.filter(({ isRow }) => !isRow),
  };
}

/** What a row came to, in a word or two. */
function cellOf({ verdict, observed }: PointRecord): string {
  const result = typeof observed?.['result'] === 'string' ? observed['result'] : '';
  switch (verdict) {
    case 'proven':
      return result === 'leaked' ? `gap: ${String(observed?.['gap'])}` : result || 'proven';
    case 'skipped':
      return 'not tried';
    case 'disproven':
      return result === 'held' ? 'STALE GAP' : (result || 'disproven').toUpperCase();
    case 'could-not-check':
      return 'UNCLEAR';
  }
}

/** How many rows came to what, in one line. */
export function countRows(rows: readonly PointRecord[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const cell = cellOf(row).replace(/^gap: .*/, 'named gaps');
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return [...counts].map(([cell, n]) => `${n} ${cell}`).join(', ');
}

interface Cell {
  readonly kernel: string;
  readonly cell: string;
}

/** The same cell of several kernels: the word of most, and whose word differs. */
function merge(cells: readonly Cell[]): string {
  const kernels = new Map<string, string[]>();
  for (const { kernel, cell } of cells) kernels.set(cell, [...(kernels.get(cell) ?? []), kernel]);
  const [first, ...rest] = [...kernels].sort(([, a], [, b]) => b.length - a.length);
  if (!first) return '';
  return [first[0], ...rest.map(([cell, where]) => `(${where.join(', ')}: ${cell})`)].join(' ');
}

/**
 * The tables of a run, one for each proof whose scenarios have rows: a line for each row, a column for each scenario,
 * and in a cell what it came to on every kernel. Empty when there are none.
 */
export function renderTables(record: RunRecord): string {
  const tables = new Map<string, Map<string, Map<string, Cell[]>>>();
  for (const machine of record.machines)
    for (const scenario of machine.scenarios)
      for (const row of splitRows(scenario).rows) {
        const rows = at(tables, scenario.proof, () => new Map<string, Map<string, Cell[]>>());
        const cells = at(rows, row.name, () => new Map<string, Cell[]>());
        const kernel = machine.where.split(' ')[0] ?? '';
        at<string, Cell[]>(cells, scenario.scenario, () => []).push({ kernel, cell: cellOf(row) });
      }
  return [...tables].flatMap(([proof, rows]) => byColumns(proof, rows)).join('\n\n');
}

/** Rows of the same scenarios stand together; rows of others would leave most cells of a line empty. */
function byColumns(proof: string, rows: ReadonlyMap<string, ReadonlyMap<string, readonly Cell[]>>): string[] {
  const lines = new Map<string, string[][]>();
  for (const [name, cells] of rows) {
    const columns = [...cells.keys()];
    at(lines, columns.join(), () => [[proof, ...columns]]).push([name, ...[...cells.values()].map(merge)]);
  }
  return [...lines.values()].map(table);
}

function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
