import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Flags } from '@oclif/core';
import { AegisCommand } from '../../command.js';
import { findManifest, manifestName } from '../../hooks/index.js';
import { noManifest } from '../../hooks/inspect.js';
import { untrust } from '../../hooks/trust-write.js';
import { printable } from '../../ui.js';

export default class HooksUntrust extends AegisCommand {
  static override summary = 'Take the trust in a manifest back: commands it governs are blocked again.';
  static override description =
    'Works for a manifest that is broken or gone, too. Exit code 0, also when it was not trusted.';
  static override examples = ['<%= config.bin %> hooks untrust'];
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON object' }),
    manifest: Flags.string({ helpValue: 'FILE', description: 'the manifest no longer to be trusted' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HooksUntrust);
    const named = flags.manifest ?? findManifest();
    if (named === undefined) throw noManifest(manifestName);
    const folder = await realpath(dirname(named)).catch(() => dirname(named));
    const manifest = join(folder, basename(named));
    const removed = await untrust(manifest);
    if (flags.json) this.log(JSON.stringify({ manifest, was_trusted: removed }, null, 2));
    else this.log(`${printable(manifest)} ${removed ? 'is no longer trusted' : 'was not trusted'}`);
  }
}
