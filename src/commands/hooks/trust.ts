import { Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { findManifest, manifestName } from '../../hooks/index.js';
import { inspectHooks, noManifest } from '../../hooks/inspect.js';
import { readManifest } from '../../hooks/manifest.js';
import { trust } from '../../hooks/trust-write.js';
import { hooksRecord, renderHooks } from '../../render/hooks.js';

export default class HooksTrust extends AegisCommand {
  static override summary = 'Trust a manifest and the executables it names, as they are now.';
  static override description = `Remembers the sha256 of the manifest and of every executable, for this user. Each is compared again right
before every launch; what changed is not run. What an executable itself loads is not covered: keep hooks in one file.`;
  static override examples = ['<%= config.bin %> hooks trust'];
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON object' }),
    manifest: Flags.string({ helpValue: 'FILE', description: 'trust this manifest' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HooksTrust);
    const path = flags.manifest ?? findManifest();
    if (path === undefined) throw noManifest(manifestName);
    await trust(await readManifest(path));
    const inspection = await inspectHooks(path);
    this.log(flags.json ? JSON.stringify(hooksRecord(inspection), null, 2) : renderHooks(inspection));
  }
}
