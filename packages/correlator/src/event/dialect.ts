import type { EventResult } from './field-reader.ts';
import { type HttpEvent, type HttpKey, type HttpParseOptions, parseHttpEvent } from './http-event.ts';

/**
 * How one kind of web server writes its events. A dialect turns text into the same `HttpEvent` as all
 * others, so nothing behind it knows which server spoke.
 */
interface Dialect {
  readonly name: string;
  /** Cheap look at the first bytes: is this text mine? */
  speaks(text: string): boolean;
  /** Never throws. */
  parse(text: string, options: HttpParseOptions): EventResult<HttpEvent, HttpKey>;
}

/** The contract's JSON, spoken by mod_reqin_log and by everything that can write its own line. */
const native: Dialect = { name: 'native', speaks: () => true, parse: parseHttpEvent };

/** In the order in which they are asked; the last one takes everything. */
const dialects: readonly Dialect[] = [native];

/** One datagram or line from a web server, whatever its dialect. */
export function parseHttpText(text: string, options: HttpParseOptions): EventResult<HttpEvent, HttpKey> {
  const dialect = dialects.find((candidate) => candidate.speaks(text)) ?? native;
  return dialect.parse(text, options);
}
