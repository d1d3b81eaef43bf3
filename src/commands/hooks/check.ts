import { Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { ExitCode } from '../../errors.js';
import { findManifest, manifestName } from '../../hooks/index.js';
import { inspectHooks, noManifest } from '../../hooks/inspect.js';
import { hooksRecord, renderCheck } from '../../render/hooks.js';

export default class HooksCheck extends AegisCommand {
  static override summary = 'Check the manifest, its executables and the trust in them.';
  static override description = `Exit codes: 0 every hook would run; 1 one would not (not trusted, changed, no executable);
2 the manifest is wrong or missing, with a JSON pointer to each mistake.`;
  static override examples = [
    '<%= config.bin %> hooks check',
    '<%= config.bin %> hooks check --manifest deploy/aegis.hooks.json',
  ];
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON object' }),
    manifest: Flags.string({ helpValue: 'FILE', description: 'check this manifest' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HooksCheck);
    const path = flags.manifest ?? findManifest();
    if (path === undefined) throw noManifest(manifestName);
    const inspection = await inspectHooks(path);
    this.log(flags.json ? JSON.stringify(hooksRecord(inspection), null, 2) : renderCheck(inspection));
    this.exit(
      inspection.hooks.every(({ state }) => state === 'trusted') ? ExitCode.proven : ExitCode.disproven,
    );
  }
}
