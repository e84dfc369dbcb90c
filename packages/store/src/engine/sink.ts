import type { Progress } from './progress.ts';

/** Figures for X-ClickHouse-Summary. */
export interface Summary {
  readRows: number;
  readBytes: number;
  writtenRows: number;
  writtenBytes: number;
  resultRows: number;
  elapsedSeconds: number;
}

/** The summary of a statement that neither read nor wrote. */
export const nothing: Summary = {
  readRows: 0,
  readBytes: 0,
  writtenRows: 0,
  writtenBytes: 0,
  resultRows: 0,
  elapsedSeconds: 0,
};

/** Where a statement's outcome goes. A result is either one `whole`, or `begin` and then `chunk`s. */
export interface Sink {
  whole(format: string, bytes: Uint8Array, summary: Summary): Promise<void>;
  /** @param summary what is known of the statement by then */
  begin(format: string, summary: Summary): void;
  /** Resolves when the client has taken enough for the next one. */
  chunk(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** While the statement runs; ignored once the result has begun. */
  progress(progress: Progress, elapsedSeconds: number): void;
}
