import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { type ClickHouseFailure, failure } from './clickhouse-error.ts';
import { GradualResponse } from './gradual-response.ts';
import type { Progress } from './progress.ts';
import type { Sink, Summary } from './sink.ts';

const contentTypes: Record<string, string> = {
  json: 'application/json; charset=UTF-8',
  xml: 'application/xml; charset=UTF-8',
  csv: 'text/csv; charset=UTF-8; header=absent',
  tabseparated: 'text/tab-separated-values; charset=UTF-8',
  tsv: 'text/tab-separated-values; charset=UTF-8',
};
const binaryFormat = /^(?:native|rowbinary|parquet|arrow|orc|avro|protobuf|msgpack|bson|npy|rawblob)/;

function contentType(format: string): string {
  const name = format.toLowerCase();
  if (binaryFormat.test(name)) return 'application/octet-stream';
  if (name.endsWith('eachrow')) return 'application/x-ndjson; charset=UTF-8';
  if (name.startsWith('json')) return contentTypes.json!;
  if (name.startsWith('csvwith')) return 'text/csv; charset=UTF-8; header=present';
  return contentTypes[name] ?? (name.startsWith('t') ? contentTypes.tsv! : 'text/plain; charset=UTF-8');
}

const encoders = {
  gzip: createGzip,
  zstd: createZstdCompress,
  br: createBrotliCompress,
  deflate: createDeflate,
};
type Encoding = keyof typeof encoders;

/** The encoding both sides want, if any. */
export function negotiate(request: IncomingMessage, wanted: boolean): Encoding | undefined {
  if (!wanted) return undefined;
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',');
  const names = accepted.map((part) => part.split(';')[0]!.trim());
  return (Object.keys(encoders) as Encoding[]).find((name) => names.includes(name));
}

/** Milliseconds a client may leave a streamed result unread before its statement is given up. */
const stalledMs = 60_000;

/** Writes a statement's outcome as ClickHouse's HTTP interface does. */
export class HttpSink implements Sink {
  readonly #response: ServerResponse;
  readonly #encoding: Encoding | undefined;
  readonly #sent: (bytes: number) => void;
  #out: Writable;
  /** Present once progress has been reported: status and first headers are then on their way. */
  #gradual: GradualResponse | undefined;
  /** The result has begun, though its first bytes may still be with the encoder. */
  #opened = false;
  #exceptionTag = '';
  #format = '';

  /** @param sent called with the size of every piece of the result */
  constructor(response: ServerResponse, encoding: Encoding | undefined, sent: (bytes: number) => void) {
    this.#response = response;
    this.#encoding = encoding;
    this.#sent = sent;
    this.#out = response;
  }

  /** Reports how far the statement is, while the client still waits for the first byte of its result. */
  progress(progress: Progress, elapsedSeconds: number): void {
    const response = this.#response;
    if (this.#opened || response.req.method === 'HEAD') return;
    if (this.#gradual === undefined) {
      this.#gradual = GradualResponse.begin(response);
      if (this.#gradual === undefined) return;
      this.#out = this.#gradual;
    }
    this.#header('X-ClickHouse-Progress', progressText(progress, elapsedSeconds));
  }

  async whole(format: string, bytes: Uint8Array, summary: Summary): Promise<void> {
    this.#head(format);
    this.#header('X-ClickHouse-Summary', summaryText(summary));
    if (this.#encoding === undefined && this.#gradual === undefined)
      this.#response.setHeader('Content-Length', bytes.length);
    this.#sent(bytes.length);
    this.#open();
    this.#out.end(bytes);
  }

  begin(format: string, summary: Summary): void {
    this.#head(format);
    this.#header('X-ClickHouse-Summary', summaryText(summary));
    this.#format = format.toLowerCase();
    this.#exceptionTag = randomBytes(8).toString('hex');
    this.#header('X-ClickHouse-Exception-Tag', this.#exceptionTag);
    this.#open();
  }

  async chunk(bytes: Uint8Array): Promise<void> {
    this.#sent(bytes.length);
    if (this.#out.destroyed) throw failure('QUERY_WAS_CANCELLED', 'The client went away.');
    if (this.#out.write(bytes)) return;
    const waited = new AbortController();
    const { signal } = waited;
    const stalled = setTimeout(() => this.#response.destroy(), stalledMs);
    try {
      await Promise.race([once(this.#out, 'drain', { signal }), once(this.#response, 'close', { signal })]);
    } finally {
      clearTimeout(stalled);
      waited.abort();
    }
    if (this.#response.destroyed)
      throw failure('QUERY_WAS_CANCELLED', 'The client went away or read nothing.');
  }

  async end(): Promise<void> {
    this.#out.end();
  }

  /**
   * Reports a failure: as a status and text, or, when the result has begun, as the exception block that
   * clients look for at the end of the body. Formats without such a look-out see a broken connection.
   */
  fail(error: ClickHouseFailure, version: string): void {
    const response = this.#response;
    if (response.destroyed) return;
    const text = `${error.message} (version ${version})\n`;
    if (this.#gradual?.open === true) {
      // The status is gone as 200: clients look for this header beside it.
      this.#header('X-ClickHouse-Exception-Code', String(error.code));
      this.#header('Content-Type', 'text/plain; charset=UTF-8');
      this.#gradual.end(text);
      return;
    }
    if (this.#gradual === undefined && !response.headersSent) {
      for (const name of ['Content-Length', 'X-ClickHouse-Summary']) response.removeHeader(name);
      response.statusCode = error.status;
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      response.setHeader('X-ClickHouse-Exception-Code', error.code);
      if (this.#encoding !== undefined) response.setHeader('Content-Encoding', this.#encoding);
      this.#open();
      this.#out.end(text);
      return;
    }
    const tag = this.#exceptionTag;
    const block = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
    if (this.#format.endsWith('eachrow')) this.#out.end(block);
    else this.#out.write(block, () => response.destroy());
  }

  #head(format: string): void {
    this.#header('Content-Type', contentType(format));
    this.#header('X-ClickHouse-Format', format);
    if (this.#encoding !== undefined) this.#header('Content-Encoding', this.#encoding);
  }

  #header(name: string, value: string): void {
    if (this.#gradual === undefined) this.#response.setHeader(name, value);
    else this.#gradual.header(name, value);
  }

  #open(): void {
    this.#opened = true;
    if (this.#encoding === undefined) return;
    const encoder = encoders[this.#encoding]();
    encoder.on('error', (error) => this.#response.destroy(error));
    this.#response.on('close', () => encoder.destroy());
    encoder.pipe(this.#out);
    this.#out = encoder;
  }
}

function progressText(progress: Progress, elapsedSeconds: number): string {
  return JSON.stringify({
    read_rows: String(progress.readRows),
    read_bytes: String(progress.readBytes),
    written_rows: String(progress.writtenRows),
    written_bytes: String(progress.writtenBytes),
    total_rows_to_read: String(progress.totalRowsToRead),
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(Math.round(elapsedSeconds * 1e9)),
    memory_usage: String(progress.memoryBytes),
  });
}

function summaryText(summary: Summary): string {
  return JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: String(summary.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(summary.resultRows),
    result_bytes: String(summary.writtenBytes),
    elapsed_ns: String(Math.round(summary.elapsedSeconds * 1e9)),
  });
}
