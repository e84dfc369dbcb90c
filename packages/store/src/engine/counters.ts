/** Running totals of the embedded engine, by name; flat so that they can be exported as they are. */
export class EngineCounters {
  readonly #values: Record<string, number> = {
    queries_read: 0,
    queries_insert: 0,
    queries_change: 0,
    queries_kill: 0,
    queries_refused: 0,
    queries_killed: 0,
    errors: 0,
    rows_written: 0,
    bytes_received: 0,
    rows_read: 0,
    bytes_sent: 0,
    logins_failed: 0,
    hosts_refused: 0,
  };

  add(name: string, value = 1): void {
    this.#values[name] = (this.#values[name] ?? 0) + value;
  }

  /** Counts an error in total and under its ClickHouse code. */
  error(code: number): void {
    this.add('errors');
    this.add(`errors_code_${code}`);
  }

  snapshot(): Record<string, number> {
    return { ...this.#values };
  }
}
