/** Bundles what is shipped into lib/. Its own process: it imports packages of `npm ci`. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = process.argv[2];
const target = join(root, 'lib');
const partial = join(root, `lib.${process.pid}`);

/** The library others import, and the programs that the proofs put between hooks and under governance. */
const programs = [
  'src/governance/index.ts',
  'src/proof/governance/governed-agent.ts',
  'src/forged-invocation-main.ts',
];

/** Each command and each proof stays a file of its own, so that oclif and the registry find them by their names. */
const rooms = ['src/commands', 'proofs', 'bench/guest', 'bench/shipped'];

// Packages of the CommonJS kind still call require; esbuild's ES modules have none of their own.
const banner = [
  "import{createRequire as shimRequire}from'node:module'",
  "import{fileURLToPath as shimPath}from'node:url'",
  "import{dirname as shimDirname}from'node:path'",
  'const require=shimRequire(import.meta.url),__filename=shimPath(import.meta.url),__dirname=shimDirname(__filename)',
].join(';');

await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/guest-main.ts', ...programs, ...rooms.flatMap(sources)],
  outbase: '.',
  outdir: partial,
  // src/paths.ts counts on shared code being as deep as src/ itself.
  chunkNames: 'src/shared-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  // oclif and error texts use the names of classes.
  keepNames: true,
  banner: { js: `${banner};` },
  // oclif would compile TypeScript with these when run from source; the shipped tool never does.
  external: ['typescript', 'ts-node', 'tsx'],
  logLevel: 'warning',
});
rmSync(target, { recursive: true, force: true });
renameSync(partial, target);

/** @returns {string[]} all TypeScript files below a folder */
function sources(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}
