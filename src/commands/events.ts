import { Flags } from '@oclif/core';
import { AegisCommand } from '../command.js';
import { AegisError } from '../errors.js';
import { Operator, type RuntimeEvent } from '../governance/operator.js';
import { renderEvent } from '../render/event.js';

export default class Events extends AegisCommand {
  static override summary = 'Show what the runtime authority did: registrations, decisions, approvals.';
  static override description = `Events are numbered without gaps; the runtime keeps the last 1024. A reader that is too slow is told how many
it missed and delays nobody.

Exit codes: 0 shown, or followed until interrupted; 99 no runtime, or it went away while followed.`;
  static override examples = ['<%= config.bin %> events', '<%= config.bin %> events --follow --json'];
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on with what happens from now on' }),
    after: Flags.integer({
      min: 0,
      default: 0,
      helpValue: 'NUMBER',
      description: 'only events after this number',
    }),
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print each event as a JSON line' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Events);
    const operator = await Operator.connect(flags);
    const { signal } = this.interruption();
    const shown = new AbortController();
    const { lastEvent } = await operator.status();
    const isOver = (event?: RuntimeEvent) => !flags.follow && (event?.sequence ?? flags.after) >= lastEvent;
    if (isOver()) shown.abort();
    try {
      const how = await operator.follow(
        { after: flags.after, signal: AbortSignal.any([signal, shown.signal]) },
        (event) => {
          this.log(flags.json ? JSON.stringify(event) : renderEvent(event));
          if (isOver(event)) shown.abort();
        },
      );
      if (how === 'closed')
        throw new AegisError(
          'RUNTIME_UNREACHABLE',
          'cannot follow the events any longer: the runtime went away',
          {
            wayOut: 'Start it again; events of a former runtime are gone.',
          },
        );
    } finally {
      operator.close();
    }
  }
}
