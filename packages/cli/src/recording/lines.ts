import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { operatorError } from '../operator-error.ts';

/** Lines of text files one after the other, and what was wrong with them (complete at the end). */
export interface LineSource {
  readonly lines: AsyncIterable<string>;
  readonly problems: string[];
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((error: Error) => {
    throw operatorError('FILE_UNREADABLE', `${path}: cannot be read (${error.message})`);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Reads newline-delimited files, gzip or plain. A cut or damaged file ends early with a named problem. */
export function readLines(paths: readonly string[]): LineSource {
  const problems: string[] = [];
  async function* lines(): AsyncGenerator<string> {
    for (const path of paths) {
      const raw = createReadStream(path, { highWaterMark: 1 << 18 });
      const input = (await isGzip(path)) ? raw.pipe(createGunzip()) : raw;
      try {
        for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
          if (line !== '') yield line;
        }
      } catch (error) {
        problems.push(`${path}: ends early (${(error as Error).message})`);
      } finally {
        raw.destroy();
      }
    }
  }
  return { lines: lines(), problems };
}
