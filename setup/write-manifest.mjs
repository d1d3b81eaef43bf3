/** Writes oclif.manifest.json from the compiled commands. Its own process: it imports packages of `npm ci`. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Plugin } from '@oclif/core';

const root = process.argv[2];
const target = join(root, 'oclif.manifest.json');
// A stale one would be read instead of the commands.
rmSync(target, { force: true });
const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
const partial = `${target}.${process.pid}`;
writeFileSync(partial, JSON.stringify(plugin.manifest));
renameSync(partial, target);
