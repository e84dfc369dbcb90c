import { type Logger, pino } from 'pino';

/** A service's log: JSON lines on standard error, times in ISO 8601, secrets never among the fields. */
export function serviceLog(service: string, level: string): Logger {
  const destination = pino.destination({ fd: 2, sync: true });
  // Whoever read the log is gone, or the terminal was closed: no reason to leave other work undone.
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['password', '*.password', 'headers.authorization'],
    },
    destination,
  );
}
