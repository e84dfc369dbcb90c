import type { HttpLogRow } from '@ja4/store';
import type { SpoolColumn } from './segment-header.ts';

/** Turns rows into RowBinary, one behind the other in a buffer (`HttpLogEncoder` of the store). */
export interface RowEncoder {
  readonly columns: readonly SpoolColumn[];
  /** Appends a row; its length in bytes. @throws what is wrong with the row, which is then left out */
  append(row: HttpLogRow): number;
  /** The rows since the last call; `spare` is memory that may be used for the next ones. */
  take(spare?: Buffer): Buffer;
}
