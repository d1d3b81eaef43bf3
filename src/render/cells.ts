import type { Cell } from '../proof/governance/cells.js';
import { table } from '../ui.js';

const marks: Record<Cell['verdict'], string> = {
  proven: '✓',
  disproven: '✗',
  'could-not-check': '?',
  skipped: '-',
  'not-run': '-',
};

/** The matrix for people: one fault a line, one posture a column, each cell with its verdict and its reason. */
export function renderCells(cells: readonly Cell[]): string {
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const postures = [...new Set(cells.map(({ posture }) => posture))];
  const told = (fault: string, posture: string) => {
    const cell = cells.find((one) => one.fault === fault && one.posture === posture);
    return cell ? `${marks[cell.verdict]} ${what(cell)}` : '';
  };
  return table([
    ['FAULT', ...postures.map((posture) => posture.toUpperCase())],
    ...faults.map((fault) => [fault, ...postures.map((posture) => told(fault, posture))]),
  ]);
}

function what({ verdict, ran, reason }: Cell): string {
  if (ran === undefined) return verdict === 'not-run' ? 'not run' : verdict.replaceAll('-', ' ');
  return `${ran ? 'runs' : 'denied'}: ${reason ?? 'no record'}`;
}
