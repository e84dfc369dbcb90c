/** ClickHouse error types that mean "these rows", not "this store"; trying again cannot help. */
const aboutTheRows =
  /^(CANNOT_PARSE_|CANNOT_READ_ALL_DATA|INCORRECT_DATA|TYPE_MISMATCH|VALUE_IS_OUT_OF_RANGE|ARGUMENT_OUT_OF_BOUND|TOO_LARGE_STRING_SIZE|TOO_LARGE_ARRAY_SIZE|DECIMAL_OVERFLOW)/;

/**
 * What a failed insert is about. `rows`: a value that the table cannot take (or that cannot be encoded),
 * which would fail for ever and hold up everything behind it. `store`: everything else, worth trying again.
 */
export function insertFailureIsAbout(error: unknown): 'rows' | 'store' {
  if (!(error instanceof Error)) return 'store';
  // The row encoder's own errors. Network errors of fetch are TypeErrors too, but carry a system code below.
  if ((error instanceof TypeError || error instanceof RangeError) && !hasSystemCode(error)) return 'rows';
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  return aboutTheRows.test(type) ? 'rows' : 'store';
}

function hasSystemCode(error: Error): boolean {
  const { cause } = error;
  return 'code' in error || (cause instanceof Error && 'code' in cause);
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
