import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { operatorError } from '../operator-error.ts';
import { readableSystemError } from '../system-error.ts';

/** Longer than any event (a datagram has at most 64 KiB): such a line is left out, so that memory stays bounded. */
const maxLineCharacters = 1 << 20;

/** Lines of text files one after the other, and what was wrong with them (complete at the end). */
export interface LineSource {
  readonly lines: AsyncIterable<string>;
  readonly problems: string[];
}

/** @throws Error `FILE_UNREADABLE` */
async function isGzip(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw operatorError('FILE_UNREADABLE', `${path}: ${readableSystemError(error)}`);
  }
}

/**
 * Reads newline-delimited files, gzip or plain, without empty lines. A cut or damaged file ends early, a line of
 * over a million characters is left out, each with a named problem.
 */
export function readLines(paths: readonly string[]): LineSource {
  const problems: string[] = [];
  async function* lines(): AsyncGenerator<string> {
    for (const path of paths) {
      const zipped = await isGzip(path);
      const raw = createReadStream(path, { highWaterMark: 1 << 18 });
      const input = zipped ? raw.pipe(createGunzip()) : raw;
      // Without a listener of its own, an error of the file would end the process: pipe passes none on.
      if (input !== raw) raw.on('error', (error) => input.destroy(error));
      const splitter = new Splitter();
      try {
        for await (const chunk of input) yield* splitter.push(chunk as Buffer);
        yield* splitter.end();
      } catch (error) {
        problems.push(`${path}: ends early (${(error as Error).message})`);
      } finally {
        raw.destroy();
      }
      if (splitter.tooLong > 0) {
        problems.push(
          `${path}: ${splitter.tooLong} lines of over ${maxLineCharacters} characters were left out`,
        );
      }
    }
  }
  return { lines: lines(), problems };
}

class Splitter {
  tooLong = 0;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #skipping = false;

  *push(chunk: Buffer): Generator<string> {
    const parts = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) yield* this.#line(part);
    if (this.#rest.length > maxLineCharacters) {
      this.#skipping = true;
      this.#rest = '';
    }
  }

  *end(): Generator<string> {
    yield* this.#line(this.#rest + this.#decoder.end());
  }

  *#line(text: string): Generator<string> {
    const tooLong = this.#skipping || text.length > maxLineCharacters;
    this.#skipping = false;
    if (tooLong) this.tooLong++;
    else if (text !== '' && text !== '\r') yield text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}
