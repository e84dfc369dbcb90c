import { type Logger, pino } from 'pino';

/** A service's log: JSON lines on standard error, times in ISO 8601, secrets never among the fields. */
export function serviceLog(service: string, level: string): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['password', '*.password', 'headers.authorization'],
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
