import { Args, Flags } from '@oclif/core';
import { AegisError } from '../errors.js';
import { InvocationCommand } from '../invocation-command.js';
import { splitByPlace, withoutAddedByVm } from '../proof/place.js';
import { proveOnHost } from '../proof/on-host.js';
import { proofNames, selectProofs, type Selected } from '../proof/registry.js';
import { closeRun, type MachineRecord, type RunRecord } from '../proof/run-record.js';
import { writeRecord } from '../proof/record-file.js';
import { expandVmFlag } from '../proof/vm-flag.js';
import { ProofOutput } from '../render/proof-output.js';
import { renderList } from '../render/proof-list.js';

export default class Prove extends InvocationCommand {
  static override summary =
    'Prove that enforcement works: run the agent, try what it forbids, see what happens.';
  static override description = `Each proof is an experiment with controls: the forbidden act first succeeds without the agent, then has to
fail under it, while bystanders stay unharmed. Without --vm the proofs run on this machine and touch nothing of an
agent that is already here; with --vm they run in embedded virtual machines, but for those that ask nothing of the
kernel, which still run here, once.

Exit codes: 0 proven, 1 disproven, 2 misuse, 77 skipped (with the reason), 99 could not check. Of several,
1 beats 99 beats 77 beats 0.`;
  static override examples = [
    '<%= config.bin %> prove --list',
    '<%= config.bin %> prove signal-fallback --vm 5.10 6.1 6.12 6.18 7.3',
    '<%= config.bin %> prove signal-fallback/genuine-fentry --vm 6.12 --tap',
    '<%= config.bin %> prove lsm-deny --json',
    '<%= config.bin %> prove evasion --vm --record evasion.json',
  ];
  static override strict = false;
  static override args = {
    name: Args.string({ description: 'proofs, or single scenarios as PROOF/SCENARIO (default: all)' }),
  };
  static override flags = {
    list: Flags.boolean({ description: 'list the proofs, their claims and scenarios, and run nothing' }),
    vm: Flags.string({
      multiple: true,
      // Each `--vm=` takes one kernel; oclif's default would take the proofs' names after it, too.
      multipleNonGreedy: true,
      helpValue: '[KERNEL...]',
      description: 'run in embedded virtual machines with these kernels (default: every known one)',
    }),
    lsm: Flags.string({
      helpValue: 'LIST',
      description: "boot the machines with this `lsm=` list instead of the scenarios' own",
      dependsOn: ['vm'],
    }),
    json: Flags.boolean({ description: 'print one JSON record at the end', exclusive: ['tap'] }),
    tap: Flags.boolean({ description: 'print a TAP version 14 stream', exclusive: ['json'] }),
    record: Flags.string({
      helpValue: 'FILE',
      description: 'also write the JSON record to a file, whatever is printed (mode 0600)',
    }),
    keep: Flags.boolean({ description: 'leave the sandbox in place for a look (on this machine only)' }),
    require: Flags.boolean({ description: 'count a skip as a failure, for release gates' }),
    timeout: Flags.integer({
      default: 30,
      min: 1,
      max: 3600,
      helpValue: 'SECONDS',
      description: 'how long a single step may take',
    }),
  };

  /** A listing runs nothing, so it needs nobody's leave. */
  protected override isWork(): boolean {
    return !this.hasFlag('--list');
  }

  async run(): Promise<void> {
    const known = await proofNames();
    const { argv, flags } = await this.parse(
      Prove,
      expandVmFlag(this.argv, (word) => known.includes(word)),
    );
    const selected = await selectProofs(argv as string[]);
    if (flags.list) {
      this.log(flags.json ? JSON.stringify(listed(selected), null, 2) : renderList(selected));
      return;
    }
    if (flags.keep && flags.vm)
      throw new AegisError(
        'BAD_ARGUMENT',
        'cannot keep a sandbox of a virtual machine: it is gone with the machine',
        {
          wayOut: 'Leave out --keep or --vm.',
        },
      );

    const { signal, exitCodeIfInterrupted } = this.interruption();
    const format = flags.json ? 'json' : flags.tap ? 'tap' : 'human';
    const output = new ProofOutput(format, (text) => process.stdout.write(text));
    const startedAt = new Date();
    const options = {
      signal,
      stepTimeoutMs: flags.timeout * 1000,
      keep: flags.keep,
      ...output.observer(),
    };
    const { here, inLane } = flags.vm
      ? splitByPlace(selected)
      : { here: withoutAddedByVm(selected, argv as string[]), inLane: [] };
    const machines: MachineRecord[] = [];
    if (flags.vm && inLane.length > 0) {
      // The lane is loaded only when asked for: in a guest every module costs time under emulation.
      const { planBoots, proveInLane, resolveKernels } = await import('../proof/in-lane.js');
      machines.push(...(await proveInLane(planBoots(inLane, resolveKernels(flags.vm), flags.lsm), options)));
    }
    if (here.length > 0) {
      const machine = await proveOnHost(here, options);
      options.onMachine(machine);
      machines.push(machine);
    }
    const record = await withMatrix(
      closeRun(machines, startedAt, { version: this.config.version, requireAll: flags.require }),
    );
    output.end(record, selected);
    if (flags.record !== undefined) await writeRecord(flags.record, record);
    this.exit(exitCodeIfInterrupted() ?? record.exit_code);
  }
}

/** The matrix is loaded for the proof that has one, and not in a guest that runs another. */
async function withMatrix(record: RunRecord): Promise<RunRecord> {
  const scenarios = record.machines.flatMap((machine) => machine.scenarios);
  if (!scenarios.some(({ proof }) => proof === 'fail-closed')) return record;
  const { cellsOf } = await import('../proof/governance/cells.js');
  const matrix = cellsOf(scenarios);
  return matrix.length > 0 ? { ...record, matrix } : record;
}

function listed(selected: readonly Selected[]): unknown {
  return selected.map(({ proof, scenarios }) => ({
    name: proof.name,
    claim: proof.claim,
    scenarios: scenarios.map(({ name, claim, boot }) => ({ name, claim, boot: boot ?? null })),
  }));
}
