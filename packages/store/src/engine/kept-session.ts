import { sqlName } from './sql-text.ts';
import type { StatementWorker } from './statement-worker.ts';

/**
 * A thread whose chDB session outlives its statements: temporary tables live in it. What a statement set is set back
 * before the next one.
 */
export class KeptSession {
  readonly worker: StatementWorker;
  readonly #onClose: (kept: KeptSession) => void;
  #set: readonly string[] = [];

  constructor(worker: StatementWorker, onClose: (kept: KeptSession) => void) {
    this.worker = worker;
    this.#onClose = onClose;
  }

  /** Statements that undo the last statement's settings; `names` are those that the next one sets. */
  reset(names: readonly string[]): string {
    const undo = this.#set.map((name) => `${sqlName(name)} = DEFAULT`);
    this.#set = [...new Set(names)];
    return undo.length === 0 ? 'USE `default`' : `USE \`default\`; SET ${undo.join(', ')}`;
  }

  async close(): Promise<void> {
    this.#onClose(this);
    await this.worker.close();
  }
}
