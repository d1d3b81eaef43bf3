import { existsSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeRoot, packageRoot } from '../../paths.js';

/**
 * A copy of this installation without its native build, inside the folder; returns its compiled code's root. The
 * extension is then missing as it would be on a machine where it was never built: there is no file to find.
 */
export async function copyInstallation(folder: string): Promise<string> {
  const root = join(folder, 'installation');
  const code = join(root, basename(codeRoot));
  await mkdir(code, { recursive: true });
  await cp(join(codeRoot, 'src'), join(code, 'src'), { recursive: true });
  for (const name of ['package.json', 'node_modules'])
    if (existsSync(join(packageRoot, name))) await symlink(join(packageRoot, name), join(root, name));
  return code;
}
