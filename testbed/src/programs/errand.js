import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Arguments of every program that runs an errand: CA file, site, errand, and what it wants besides. */
const [authority, site, file, ...more] = process.argv.slice(2);

export { authority, more, site };

const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => line.split('\t'));

export const headers = Object.fromEntries(
  lines.filter(([kind]) => kind === 'header').map(([, ...pair]) => pair),
);
export const formHeaders = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** Waits and gives one request after the other: method, address, and body and headers of a form if there is one. */
export async function* requests() {
  for (const [wait, method, path, form] of lines.filter(([kind]) => kind !== 'header')) {
    await setTimeout(Number(wait) * 1000);
    yield { method, path, url: site + path, body: form || undefined, headers: form ? formHeaders : {} };
  }
}
