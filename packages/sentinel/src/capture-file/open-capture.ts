import { closeSync, fstatSync, open } from 'node:fs';
import { promisify } from 'node:util';
import { type ByteSource, fileSource, pipeSource } from './byte-source.ts';

/** The path that stands for standard input. */
const standardInput = '-';

export interface OpenCapture {
  readonly source: ByteSource;
  /** Size of the file; 0 where it is not known, as of a pipe. */
  readonly totalBytes: number;
  close(): Promise<void>;
}

/** What a capture is called in messages. */
export function captureName(path: string): string {
  return path === standardInput ? 'standard input' : path;
}

/**
 * Opens a file, a pipe or socket by its path, or for `-` whatever standard input is. Files are read at once,
 * pipes and sockets leave the event loop free while nothing comes.
 * @throws `ENOENT`, `EACCES`, …
 */
export async function openCapture(path: string, onRead: (bytes: number) => void): Promise<OpenCapture> {
  const isStandardInput = path === standardInput;
  const fd = isStandardInput ? process.stdin.fd : await promisify(open)(path, 'r');
  const facts = fstatSync(fd);
  if (facts.isFIFO() || facts.isSocket()) {
    const source = pipeSource(fd, onRead);
    return { source, totalBytes: 0, close: () => source.close() };
  }
  return {
    source: fileSource(fd, onRead),
    totalBytes: facts.isFile() ? facts.size : 0,
    async close() {
      if (!isStandardInput) closeSync(fd);
    },
  };
}
