import { sqlName } from './sql-text.ts';
import type { StatementWorker } from './statement-worker.ts';

/**
 * A thread whose chDB session outlives its statements: temporary tables live in it. What a statement set is set back
 * before the next one.
 */
export class KeptSession {
  readonly worker: StatementWorker;
  readonly #existing: ReadonlySet<string>;
  readonly #onClosed: (worker: StatementWorker) => void;
  #set: readonly string[] = [];

  /**
   * @param existing names of the engine's settings: only those can be set back
   * @param onClosed gets the thread back, for the next one
   */
  constructor(
    worker: StatementWorker,
    existing: ReadonlySet<string>,
    onClosed: (worker: StatementWorker) => void,
  ) {
    this.worker = worker;
    this.#existing = existing;
    this.#onClosed = onClosed;
  }

  /** Statements that undo the last statement's settings; `names` are those that the next one sets. */
  reset(names: readonly string[]): string {
    const undo = this.#set.map((name) => `${sqlName(name)} = DEFAULT`);
    this.#set = [...new Set(names)].filter((name) => this.#existing.has(name));
    return undo.length === 0 ? 'USE `default`' : `USE \`default\`; SET ${undo.join(', ')}`;
  }

  /** Ends the session and its tables; only while none of its statements runs. */
  async close(): Promise<void> {
    try {
      await this.worker.forget();
    } finally {
      this.#onClosed(this.worker);
    }
  }
}
