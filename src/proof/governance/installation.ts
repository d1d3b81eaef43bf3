import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../paths.js';

/**
 * A copy of this installation without its native build, inside the folder; returns its root. The extension is then
 * missing as it would be on a machine where it was never built: there is no file to find.
 */
export async function copyInstallation(folder: string): Promise<string> {
  const root = join(folder, 'installation');
  await mkdir(join(root, 'dist'), { recursive: true });
  await cp(join(packageRoot, 'dist', 'src'), join(root, 'dist', 'src'), { recursive: true });
  await cp(join(packageRoot, 'package.json'), join(root, 'package.json'));
  await symlink(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
  return root;
}
