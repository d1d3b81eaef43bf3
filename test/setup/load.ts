import { fileURLToPath } from 'node:url';

/** The folder of the set-up's scripts: this file stands in dist/test/setup once compiled. */
export const setupFolder = fileURLToPath(new URL('../../../setup/', import.meta.url));

/** The checkout. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** Imports one of the set-up's scripts, which are plain JavaScript. */
export async function load<T>(name: string): Promise<T> {
  return (await import(new URL(`../../../setup/${name}`, import.meta.url).href)) as T;
}
