import type { Logger } from 'pino';
import type { DataFolder } from './data-folder.ts';
import { insertKey } from './insert-journal.ts';
import type { EngineSessions } from './sessions.ts';
import { sqlName, sqlString } from './sql-text.ts';
import type { TableFolders } from './table-folders.ts';

/** The table of an INSERT and the token that its rows came with. */
export interface InsertToken {
  database: string;
  table: string;
  token: string;
}

/**
 * Makes an INSERT with a token whole and single, in its table and in those of all views: it is there once, or
 * not at all. The engine's own log of tokens cannot promise that: it is written per table, before the part is.
 */
export class OnceInserts {
  readonly #sessions: EngineSessions;
  readonly #folder: DataFolder;
  readonly #tables: TableFolders;
  readonly #fsync: boolean;
  readonly #log: Logger;

  /** @param options fsync: whether an insert is on disk, and not only with the kernel, when it is done */
  constructor(
    sessions: EngineSessions,
    folder: DataFolder,
    options: { tables: TableFolders; fsync: boolean; log: Logger },
  ) {
    this.#sessions = sessions;
    this.#folder = folder;
    this.#tables = options.tables;
    this.#fsync = options.fsync;
    this.#log = options.log;
  }

  /**
   * Runs `insert`, unless an insert of the same token into the same table is done; then undefined. What a failed
   * one left is undone before it rejects. The caller sees to it that nothing else writes meanwhile.
   */
  async run<T>({ database, table, token }: InsertToken, insert: () => Promise<T>): Promise<T | undefined> {
    const uuid = await this.#tables.uuid(database, table);
    // The engine says what is wrong with the name.
    if (uuid === undefined) return insert();
    const { journal } = this.#folder;
    const key = insertKey(uuid, token);
    if (journal.isDone(key)) return undefined;
    await journal.begin(key, await this.#tables.marks());
    try {
      const result = await insert();
      if (this.#fsync) await this.#folder.sync();
      await journal.end();
      return result;
    } catch (error) {
      await this.#undo();
      throw error;
    }
  }

  /**
   * After a statement that changed something other than by INSERT. Where rows were removed on purpose, tokens are
   * forgotten, as the engine forgets those of removed parts: what was inserted before may be inserted again.
   */
  async tablesChanged(sql: string): Promise<void> {
    this.#tables.forget();
    if (/^\s*TRUNCATE\b|\b(?:DROP|DETACH|REPLACE|MOVE|CLEAR)\s+PART/i.test(sql))
      await this.#folder.journal.forgetDone();
  }

  /** Drops the parts of the insert that has begun and failed. */
  async #undo(): Promise<void> {
    const { journal } = this.#folder;
    const { begun } = journal;
    if (begun === undefined) return;
    try {
      for (const part of await this.#tables.above(begun.marks)) {
        const table = `${sqlName(part.database)}.${sqlName(part.table)}`;
        if (part.merged)
          throw new Error(`A merge has already taken rows of it into ${part.name} of ${table}.`);
        await this.#sessions.control(`ALTER TABLE ${table} DROP PART ${sqlString(part.name)}`, 'Null');
      }
      await journal.forgetBegun();
    } catch (error) {
      endAtOnce(this.#log, error);
    }
  }
}

/**
 * Ends the process as a crash would, because that is the state from which the next start undoes the insert:
 * a graceful stop would clear away what merged parts were made from.
 */
function endAtOnce(log: Logger, error: unknown): void {
  log.fatal({ err: error }, 'a failed insert can only be undone by starting the store again');
  process.kill(process.pid, 'SIGKILL');
}
