import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Longer than any event: a datagram has at most 64 KiB. */
const longestLine = 1 << 20;

/**
 * Lines of a gzip file, without empty ones and without those that no event could be. A damaged or cut-off file
 * ends early with a call of `damaged`.
 *
 * @throws Error when the file cannot be read at all (`ENOENT`, `EACCES`, …)
 */
export async function* eventLines(path: string, damaged: (why: string) => void): AsyncGenerator<string> {
  // Errors of either stream end the iteration below; the callback has nothing to add.
  const unzipped = pipeline(createReadStream(path), createGunzip(), () => undefined);
  unzipped.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of unzipped as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) rest = '';
      yield* lines.filter((line) => line !== '');
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    damaged(`${path}: ends early (${error.message})`);
  }
  if (rest !== '') yield rest;
}
