import type { HttpLogRow } from '@ja4/store';

export interface QueueBounds {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Numbers, short texts and the object itself; the texts a client can make long come on top. */
const fixedBytes = 1500;

/** Estimated memory of a row, in bytes. */
export function rowBytes(row: HttpLogRow): number {
  let bytes =
    fixedBytes +
    row.path.length +
    row.query.length +
    row.host.length +
    row.client_headers.length +
    row.header_user_agent.length +
    row.header_accept.length +
    row.header_accept_encoding.length +
    row.header_accept_language.length +
    row.header_content_type.length +
    row.header_x_request_id.length +
    row.header_x_trace_id.length +
    row.header_x_forwarded_for.length +
    row.header_sec_ch_ua.length +
    row.header_sec_ch_ua_platform.length +
    row.header_referer.length +
    row.h2_fingerprint.length +
    row.h2_settings_fp.length +
    row.tls_sni.length +
    row.ja3.length +
    row.ja4_r.length;
  for (const name in row.headers) bytes += 64 + name.length + (row.headers[name]?.length ?? 0);
  return bytes;
}

/**
 * Rows on their way to the store, oldest first, bounded in rows and bytes. A bound does not refuse a row
 * (it was accepted when its event was): it asks the producer to wait for room.
 */
export class RowQueue {
  readonly #bounds: QueueBounds;
  #rows: HttpLogRow[] = [];
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #unbounded = false;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return (
      !this.#unbounded && (this.#rows.length >= this.#bounds.maxRows || this.#bytes >= this.#bounds.maxBytes)
    );
  }

  add(row: HttpLogRow): void {
    this.#rows.push(row);
    this.#bytes += rowBytes(row);
  }

  /** Resolves when the producer may go on; undefined = at once. */
  room(): Promise<void> | undefined {
    if (!this.full) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The oldest rows: at least one if there is any, at most `maxRows` and about `maxBytes`. */
  take(maxRows: number, maxBytes: number): HttpLogRow[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#rows.length && count < maxRows && bytes < maxBytes) {
      bytes += rowBytes(this.#rows[count] as HttpLogRow);
      count++;
    }
    const taken = this.#rows.splice(0, count);
    this.#bytes -= bytes;
    if (!this.full) this.#release();
    return taken;
  }

  /** Nobody waits for room any more: for a stop, when what was received must come in. */
  liftBounds(): void {
    this.#unbounded = true;
    this.#release();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
