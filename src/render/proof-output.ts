import type { LaneOptions } from '../proof/in-lane.js';
import type { ProofEvent, ScenarioRecord } from '../proof/kit.js';
import type { Selected } from '../proof/registry.js';
import type { MachineRecord, RunRecord } from '../proof/run-record.js';
import { TapWriter } from '../proof/tap.js';
import { Progress } from '../ui.js';
import { renderCells } from './cells.js';
import { renderLost, renderScenario, renderSummary, renderUnmet } from './proof.js';
import { renderTables } from './rows.js';

export type ProofFormat = 'human' | 'tap' | 'json';

/** Prints a run as it happens, in one of its formats. Progress goes to stderr, results to `write`. */
export class ProofOutput {
  private readonly tap: TapWriter | undefined;
  private readonly progress = new Progress();
  private lastUnmet = '';

  constructor(
    private readonly format: ProofFormat,
    private readonly write: (text: string) => void,
  ) {
    this.tap = format === 'tap' ? new TapWriter(write) : undefined;
  }

  /** The callbacks that a run reports to. */
  observer(): Pick<LaneOptions, 'onEvent' | 'onMachine' | 'onProgress'> {
    return {
      onEvent: (where, event) => this.event(where, event),
      onMachine: (machine) => this.machine(machine),
      onProgress: (where, text) => this.progress.update(`${where}: ${text}`),
    };
  }

  private event(where: string, event: ProofEvent): void {
    if (event.event === 'scenario-started')
      this.progress.update(`${where}: ${event.proof}/${event.scenario}`);
    if (event.event === 'point')
      this.progress.update(`${where}: ${event.proof}/${event.scenario}: ${event.point.name}`);
    if (event.event !== 'scenario-ended') return;
    this.progress.clear();
    this.tap?.scenario(event.record, where === 'host' ? '' : where);
    if (this.format === 'human') this.human(where, event.record);
  }

  private human(where: string, record: ScenarioRecord): void {
    this.write(`${renderScenario(where, record)}\n`);
    const unmet = renderUnmet(record);
    // Scenarios of one machine mostly lack the same things; once is enough.
    if (unmet) this.write(unmet === this.lastUnmet ? '    - for the same reasons\n' : `${unmet}\n`);
    this.lastUnmet = unmet;
  }

  private machine(machine: MachineRecord): void {
    this.progress.clear();
    if (!machine.error) return;
    this.tap?.couldNotCheck(machine.where, machine.error.reason, machine.error.way_out);
    if (this.format === 'human') this.write(`${renderLost(machine)}\n`);
  }

  private tables(record: RunRecord): void {
    const tables = renderTables(record);
    if (tables) this.write(`\n${tables}\n\n`);
  }

  /** The end of a run. A host that could prove nothing is told what would work instead. */
  end(record: RunRecord, selected: readonly Selected[]): void {
    this.progress.clear();
    const onHost = record.machines.every((machine) => machine.where === 'host');
    const instead =
      record.verdict === 'skipped' && onHost
        ? `Run instead: aegis prove ${selected.map(({ proof }) => proof.name).join(' ')} --vm`
        : undefined;
    switch (this.format) {
      case 'tap':
        this.tap?.end(instead);
        return;
      case 'json':
        this.write(`${JSON.stringify(instead ? { ...record, run_instead: instead } : record, null, 2)}\n`);
        return;
      case 'human':
        this.tables(record);
        if (record.matrix) this.write(`${renderCells(record.matrix)}\n`);
        this.write(`${renderSummary(record)}\n${instead ? `${instead}\n` : ''}`);
    }
  }
}
