import { createHash } from 'node:crypto';
import type { HttpLogRow } from '@ja4/store';

/**
 * A deduplication token that stands for exactly these rows in this order. So a recording that is replayed
 * again, with the same shift and rate, does not double its rows while the store remembers the tokens
 * (its deduplication window).
 */
export function batchToken(rows: readonly HttpLogRow[]): string {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(JSON.stringify(row)).update('\n');
  return `replay-${hash.digest('hex').slice(0, 32)}`;
}
