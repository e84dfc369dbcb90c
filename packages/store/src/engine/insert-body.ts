import { mkdirSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { failure } from './clickhouse-error.ts';

/** Rows of one INSERT in a file of their own, removed on `dispose`. */
export interface InsertBody {
  path: string;
  bytes: number;
  dispose(): Promise<void>;
}

/**
 * Where bodies of INSERTs wait for the engine. A body is never part of a statement: chDB takes what stands
 * behind the first blank line of inline data for SQL.
 */
export class InsertBodies {
  readonly #folder: string;
  readonly #limitBytes: number;
  #next = 0;

  /** Removes what an earlier run left behind. */
  constructor(dataDir: string, limitBytes: number) {
    this.#folder = join(dataDir, 'inserts');
    this.#limitBytes = limitBytes;
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /**
   * Writes `first` and then the stream to a file.
   * @throws ClickHouseFailure QUERY_IS_TOO_LARGE past the limit, NOT_ENOUGH_SPACE when the disk is full
   */
  async receive(first: string, rest: Readable | undefined): Promise<InsertBody> {
    const path = join(this.#folder, `${process.pid}-${this.#next++}`);
    const dispose = (): Promise<void> => rm(path, { force: true });
    const file = await open(path, 'wx', 0o600);
    let bytes = 0;
    try {
      const write = async (chunk: Buffer): Promise<void> => {
        bytes += chunk.length;
        if (bytes > this.#limitBytes)
          throw failure(
            'QUERY_IS_TOO_LARGE',
            `The insert's body is larger than ${this.#limitBytes} bytes; send smaller batches.`,
          );
        await file.writeFile(chunk);
      };
      if (first !== '') await write(Buffer.from(first));
      // The request is left open on failure: its connection carries the answer.
      const chunks: AsyncIterable<Buffer> = rest?.iterator({ destroyOnReturn: false }) ?? Readable.from([]);
      for await (const chunk of chunks) await write(chunk);
    } catch (error) {
      await dispose();
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
        throw failure(
          'NOT_ENOUGH_SPACE',
          'The disk of the data folder is full; free space and send the batch again.',
        );
      throw error;
    } finally {
      await file.close();
    }
    return { path, bytes, dispose };
  }
}
