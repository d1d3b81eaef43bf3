import type { KernelFacts } from '../witness/kernel.js';
import type { ProofEvent, ScenarioRecord } from './kit.js';

/** What a guest tells, one JSON line each: the events of its scenarios, and at the end the machine itself. */
export type LaneEvent = ProofEvent | { readonly event: 'machine'; readonly kernel?: KernelFacts };

/** Puts the lines of a guest together again; a line that is none of ours is kept as noise. */
export class LaneEventReader {
  private rest = '';
  readonly scenarios: ScenarioRecord[] = [];
  readonly noise: string[] = [];
  kernel: KernelFacts | undefined;

  constructor(private readonly onEvent: (event: ProofEvent) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.read(line);
  }

  private read(line: string): void {
    const event = parseEvent(line);
    if (!event) {
      if (line.trim()) this.noise.push(line);
    } else if (event.event === 'machine') {
      this.kernel = event.kernel;
    } else {
      if (event.event === 'scenario-ended') this.scenarios.push(event.record);
      this.onEvent(event);
    }
  }
}

function parseEvent(line: string): LaneEvent | undefined {
  try {
    const value = JSON.parse(line) as LaneEvent | null;
    return typeof value?.event === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
