import type { InsertToken } from './insert-once.ts';
import type { Job } from './job.ts';
import { identifier, isSymbol, keyword, tokenize } from './sql-tokens.ts';

/** Settings by which the engine itself would recognise a repeated block. */
const ownDeduplication: ReadonlySet<string> = new Set([
  'insert_deduplicate',
  'deduplicate_insert',
  'deduplicate_insert_select',
  'async_insert',
  'insert_deduplication_token',
  'deduplicate_blocks_in_dependent_materialized_views',
]);

/** The token of an INSERT and the table it goes to; undefined without a token, or where it is to mean nothing. */
export function insertToken(job: Job): InsertToken | undefined {
  const setting = (name: string): string | undefined => job.settings.findLast(([key]) => key === name)?.[1];
  const token = setting('insert_deduplication_token');
  if (token === undefined || token === "''") return undefined;
  if (/^'?(?:0|false)'?$/i.test(setting('insert_deduplicate') ?? '')) return undefined;
  const target = insertTarget(job.sql, job.database ?? 'default');
  return target === undefined ? undefined : { ...target, token };
}

/** `db.name` in `INSERT INTO [TABLE] db.name …`; undefined for anything else. */
export function insertTarget(
  sql: string,
  defaultDatabase: string,
): { database: string; table: string } | undefined {
  const read = tokenize(sql, () => false);
  if (!read.ok) return undefined;
  const { tokens } = read;
  let at = keyword(tokens[1]) === 'INTO' ? 2 : 1;
  if (keyword(tokens[at]) === 'TABLE') at++;
  const first = identifier(tokens[at]);
  if (first === undefined) return undefined;
  if (!isSymbol(tokens[at + 1], '.')) return { database: defaultDatabase, table: first };
  const table = identifier(tokens[at + 2]);
  return table === undefined ? undefined : { database: first, table };
}

/** Rows of a block when memory is short: views then aggregate that many at a time. */
const smallBlockRows = 4096;

/**
 * The same job in small blocks and one thread, for much less memory and more work; whole all the same, because it
 * is undone as one.
 */
export function inSmallBlocks(job: Job): Job {
  const rows = String(smallBlockRows);
  const own: Job['settings'] = [
    ['max_insert_block_size', rows],
    ['max_block_size', rows],
    ['min_insert_block_size_rows', rows],
    ['min_insert_block_size_bytes', '0'],
    ['max_threads', '1'],
    ['max_insert_threads', '1'],
  ];
  const names = new Set(own.map(([name]) => name));
  return { ...job, settings: [...job.settings.filter(([name]) => !names.has(name)), ...own] };
}

/** The same job with the engine's own recognition of repeated blocks switched off. */
export function withoutDeduplication(job: Job): Job {
  return {
    ...job,
    settings: [
      ...job.settings.filter(([name]) => !ownDeduplication.has(name)),
      ['insert_deduplicate', '0'],
      ['deduplicate_insert', "'disable'"],
      ['deduplicate_insert_select', "'disable'"],
      ['deduplicate_blocks_in_dependent_materialized_views', '0'],
      // The rows are in the table when the statement ends, not in a queue.
      ['async_insert', '0'],
    ],
  };
}
