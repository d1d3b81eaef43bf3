import { Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { findManifest } from '../../hooks/index.js';
import { inspectHooks } from '../../hooks/inspect.js';
import { hooksRecord, renderHooks } from '../../render/hooks.js';

export default class HooksList extends AegisCommand {
  static override summary = 'List the lifecycle hooks that govern this folder.';
  static override description = `Shows the hooks of the nearest aegis.hooks.json (or the one named by AEGIS_HOOKS), in the order they run,
and whether each would run. Exit code 0, also when there are none.`;
  static override examples = ['<%= config.bin %> hooks list', '<%= config.bin %> hooks list --json'];
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON object' }),
    manifest: Flags.string({ helpValue: 'FILE', description: 'look at this manifest' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HooksList);
    const path = flags.manifest ?? findManifest();
    const inspection = path === undefined ? undefined : await inspectHooks(path);
    this.log(flags.json ? JSON.stringify(hooksRecord(inspection), null, 2) : renderHooks(inspection));
  }
}
