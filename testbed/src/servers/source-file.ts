import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../../docs/sources');

/**
 * Copies a file of docs/sources, which operators copy too, with this server's values in the place of the
 * example's.
 *
 * @param values what stands in the file, and what shall stand there.
 * @throws Error when one of them does not stand there: then file and testbed have drifted apart.
 */
export async function copySourceFile(
  name: string,
  target: string,
  values: readonly (readonly [example: string, value: string])[],
): Promise<void> {
  let text = await readFile(resolve(folder, name), 'utf8');
  for (const [example, value] of values) {
    if (!text.includes(example)) throw new Error(`docs/sources/${name} no longer says "${example}"`);
    text = text.replaceAll(example, value);
  }
  await writeFile(target, text);
}
