import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'assets');
const names = [
  ...['base.css', 'shop.css', 'journal.css', 'print.css'],
  ...['theme.js', 'vendor.js', 'shop.js', 'cart.js', 'journal.js', 'analytics.js', 'report.js', 'icons.svg'],
] as const;
export type AssetName = (typeof names)[number];

export interface Asset {
  /** Path with a part of the content's hash: another content is another address, which may be kept for ever. */
  readonly path: string;
  readonly content: string;
}

function assetOf(name: string): Asset {
  const content = readFileSync(join(folder, name), 'utf8');
  const version = createHash('sha256').update(content).digest('hex').slice(0, 8);
  return { path: `/assets/${name.replace(/\.(?=[a-z]+$)/, `.${version}.`)}`, content };
}

const assets = new Map<string, Asset>(names.map((name) => [name, assetOf(name)]));

export const allAssets: readonly Asset[] = [...assets.values()];

export function assetPath(name: AssetName): string {
  return assets.get(name)?.path ?? '';
}
