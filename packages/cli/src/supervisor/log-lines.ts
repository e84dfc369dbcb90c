/** pino's level names in order. */
const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * A service's log line as a person at the terminal should see it: `name: message (reason)` for warnings
 * and worse, and for everything that is not a log line at all. Undefined: not worth showing.
 */
export function readableLogLine(service: string, line: string, verbose: boolean): string | undefined {
  if (line.trim() === '') return undefined;
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return `${service}: ${line}`;
  }
  if (typeof record !== 'object' || record === null || !('level' in record)) return `${service}: ${line}`;
  const { level, msg, ...fields } = record as Record<string, unknown>;
  if (!verbose && severities.indexOf(String(level)) < severities.indexOf('warn')) return undefined;
  const reason = fields.error ?? fields.why ?? fields.err;
  return `${service}: ${String(msg)}${reason === undefined ? '' : ` (${readableReason(reason)})`}`;
}

/** An error as pino writes it has its stack along; the message is what a person can use. */
function readableReason(reason: unknown): string {
  if (typeof reason === 'string') return reason.replace(/^Error: /, '');
  const named = typeof reason === 'object' && reason !== null && 'message' in reason;
  return named ? String(reason.message) : JSON.stringify(reason);
}
