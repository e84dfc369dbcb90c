import { type FileHandle, open } from 'node:fs/promises';
import { encodeFrame, fileMagic } from './frame.ts';

/** Writes frames to the end of a new file, one after another. */
export class FrameWriter {
  readonly #file: FileHandle;
  #bytes: number;

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#bytes = fileMagic.length;
  }

  /** @throws what the file system throws, `EEXIST` among it. */
  static async create(path: string): Promise<FrameWriter> {
    const file = await open(path, 'wx', 0o600);
    await file.write(fileMagic);
    return new FrameWriter(file);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws what the file system throws. A torn frame may then stand at the end: write no more. */
  async write(text: string): Promise<void> {
    const frame = await encodeFrame(text);
    for (let at = 0; at < frame.length; ) {
      const { bytesWritten } = await this.#file.write(frame, at);
      at += bytesWritten;
    }
    this.#bytes += frame.length;
  }

  /** @param sync waits until the disk has it */
  async close(sync: boolean): Promise<void> {
    try {
      if (sync) await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }
}
