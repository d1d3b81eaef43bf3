import { Args, Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { AegisError, ExitCode } from '../../errors.js';
import { checkTool } from '../../governance/check-tool.js';

export default class ToolsCheck extends AegisCommand {
  static override summary = 'Ask the running authority whether a tool call may be made.';
  static override description = `Registers as an agent of its own, asks once, and leaves. Nothing is called.

Exit codes: 0 the call may be made (redacted, perhaps), 1 it is denied or has to wait for approval, 99 nobody could
decide.`;
  static override examples = [
    `<%= config.bin %> tools check fs.read --args '{"path":"/srv/data/a"}'`,
    `<%= config.bin %> tools check shell.run --args '{"command":"id"}' --json`,
  ];
  static override args = {
    name: Args.string({ required: true, description: 'the name of the tool' }),
  };
  static override flags = {
    args: Flags.string({ default: '{}', helpValue: 'JSON', description: 'the arguments of the call' }),
    instance: Flags.string({ helpValue: 'NAME', description: 'which runtime (default: default)' }),
    json: Flags.boolean({ description: 'print one JSON object' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ToolsCheck);
    const result = await checkTool(args.name, readArguments(flags.args), flags);
    const { decision, reason, rule, redact } = result;
    const where = rule ? ` (line ${rule} of the policy)` : '';
    const hidden = redact ? `, hiding ${redact.join(', ')}` : '';
    this.log(
      flags.json ? JSON.stringify(result) : `${decision}${hidden}${reason ? `: ${reason}` : ''}${where}`,
    );
    this.exit(exitCodes[result.action]);
  }
}

const exitCodes = {
  allow: ExitCode.proven,
  redact: ExitCode.proven,
  wait: ExitCode.disproven,
  deny: ExitCode.disproven,
  undecided: ExitCode.couldNotCheck,
} as const;

function readArguments(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AegisError('BAD_ARGUMENT', 'cannot read --args: it is not JSON', {
      cause: error,
      wayOut: `Quote it for the shell, such as --args '{"path":"/srv/data/a"}'.`,
    });
  }
}
