/**
 * Runs a command under hooks declared in memory, which neither schema nor loader has seen, through the dispatcher that
 * every command uses: the one way to hand it a spec that the manifest cannot express. The proof of the firewall starts
 * it as a process of its own, so that signals and exit codes are real.
 *
 * Reads one `ForgedRun` as JSON on stdin. Exit code: as the command would end under `aegis hooks run`.
 */
import { text } from 'node:stream/consumers';
import { actOf } from './hooks/external-act.js';
import { declaredHooks } from './hooks/hook-entry.js';
import { Ledger, ledgerPath, runInvocation } from './hooks/index.js';
import type { ForgedRun } from './proof/hook-project.js';

const { root, hooks, command } = JSON.parse(await text(process.stdin)) as ForgedRun;
const { end, problems } = await runInvocation({
  command: 'forged',
  argv: command,
  act: (signal) => actOf(command, { signal }),
  loadHooks: () => declaredHooks(root, hooks, 30),
  openLedger: () => Ledger.open(ledgerPath()),
  requireLedger: true,
});
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = end.exit_code;
