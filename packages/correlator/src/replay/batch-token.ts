import { createHash } from 'node:crypto';
import type { EncodedHttpLogs } from '@ja4/store';

/**
 * A deduplication token that stands for exactly these rows in this order. So a recording that is replayed
 * again, with the same shift and rate, does not double its rows while the store remembers the tokens
 * (its deduplication window).
 */
export function batchToken({ columns, body }: Pick<EncodedHttpLogs, 'columns' | 'body'>): string {
  const hash = createHash('sha256').update(columns.map(({ name }) => name).join());
  for (const bytes of body) hash.update(bytes);
  return `replay-${hash.digest('hex').slice(0, 32)}`;
}
