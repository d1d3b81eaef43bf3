import { Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { ExitCode } from '../../errors.js';
import { ledgerPath } from '../../hooks/index.js';
import { readLedger } from '../../hooks/ledger-reader.js';
import { renderFlaw, renderLedgerEvent } from '../../render/ledger.js';

export default class LedgerShow extends AegisCommand {
  static override summary = 'Show what was invoked, and what the hooks did.';
  static override description = `Reads this user's ledger (AEGIS_LEDGER, else $XDG_STATE_HOME/aegis/ledger.jsonl) and holds each line against
its schema. A torn or foreign line is told on stderr and skipped.

Exit codes: 0 shown; 1 --invocation names none; 99 the ledger cannot be read. --follow goes on until Ctrl-C.`;
  static override examples = [
    '<%= config.bin %> ledger show',
    '<%= config.bin %> ledger show --follow',
    '<%= config.bin %> ledger show --json --invocation 3f2a9c1e',
  ];
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on with what is written from now on' }),
    json: Flags.boolean({ description: 'print each event as a JSON line' }),
    invocation: Flags.string({
      helpValue: 'ID',
      description: 'only this invocation: its correlation id, or how that begins',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LedgerShow);
    const { signal, exitCodeIfInterrupted } = this.interruption();
    let shown = 0;
    for await (const line of readLedger(ledgerPath(), { follow: flags.follow, signal })) {
      if ('flaw' in line) {
        process.stderr.write(`${renderFlaw(line)}\n`);
      } else if (line.event.correlation_id.startsWith(flags.invocation ?? '')) {
        this.log(flags.json ? JSON.stringify(line.event) : renderLedgerEvent(line.event));
        shown += 1;
      }
      if (signal.aborted) break;
    }
    const wasFound = flags.invocation === undefined || shown > 0;
    this.exit(exitCodeIfInterrupted() ?? (wasFound ? ExitCode.proven : ExitCode.disproven));
  }
}
