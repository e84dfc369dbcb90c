/** ClickHouse error types that mean "these rows", not "this store"; trying again cannot help. */
const aboutTheRows =
  /^(CANNOT_PARSE_|CANNOT_READ_ALL_DATA|INCORRECT_DATA|TYPE_MISMATCH|VALUE_IS_OUT_OF_RANGE|ARGUMENT_OUT_OF_BOUND|TOO_LARGE_STRING_SIZE|TOO_LARGE_ARRAY_SIZE|DECIMAL_OVERFLOW)/;

/** What smaller batches may avoid, or time: ClickHouse's memory may be taken by other statements. */
const aboutTheSize =
  /^(MEMORY_LIMIT_EXCEEDED|CANNOT_ALLOCATE_MEMORY|QUERY_IS_TOO_LARGE|TOO_MANY_ROWS_OR_BYTES)$/;

/**
 * What a failed insert is about. `rows`: a value that the table cannot take, which would fail for ever and hold
 * up everything behind it; nothing of the batch is in the store. `size`: there were too many of them for the
 * store as it is now. `store`: everything else, worth trying again as it is.
 */
export function insertFailureIsAbout(error: unknown): 'rows' | 'size' | 'store' {
  if (!(error instanceof Error)) return 'store';
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  if (aboutTheRows.test(type)) return 'rows';
  return aboutTheSize.test(type) ? 'size' : 'store';
}

/** One line for the log: a system code or ClickHouse type in front of a short message. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const label =
    'type' in error && typeof error.type === 'string'
      ? error.type
      : 'code' in error && typeof error.code === 'string'
        ? error.code
        : error.name;
  const [line = ''] = error.message.split('\n');
  return `${label}: ${line.slice(0, 300).trim()}`;
}
