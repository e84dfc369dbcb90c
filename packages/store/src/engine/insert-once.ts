import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DataFolder } from './data-folder.ts';
import { insertKey } from './insert-journal.ts';
import { linkToDetached, mergeSources } from './merge-sources.ts';
import { readPartName } from './part-name.ts';
import type { EngineSessions } from './sessions.ts';
import { sqlName, sqlString } from './sql-text.ts';
import type { ActivePart, TableFolders } from './table-folders.ts';

const undoAttempts = 40;
const undoPauseMs = 250;

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

  /** Undoes the insert that has begun and failed, while the engine runs. */
  async #undo(): Promise<void> {
    const { begun } = this.#folder.journal;
    for (let attempt = 1; begun !== undefined; attempt++) {
      try {
        for (const part of await this.#tables.above(begun.marks)) await this.#takeOut(part);
        return await this.#folder.journal.forgetBegun();
      } catch (error) {
        // Memory or disk may be short, which is why the insert failed.
        if (attempt === undoAttempts) return endAtOnce(this.#log, error);
        await sleep(undoPauseMs);
      }
    }
  }

  /**
   * Drops a part of the insert. If a merge has taken it up, the other parts of that merge are attached again: they
   * are still there, and would count again if the process ended in between, because the insert is still open then.
   */
  async #takeOut({ database, table, name, folder, mark }: ActivePart): Promise<void> {
    const part = readPartName(name);
    const alter = `ALTER TABLE ${sqlName(database)}.${sqlName(table)}`;
    const control = (sql: string): Promise<Uint8Array> => this.#sessions.control(`${alter} ${sql}`, 'Null');
    if (part === undefined || part.minBlock > mark)
      return void (await control(`DROP PART ${sqlString(name)}`));
    const sources = mergeSources(readdirSync(folder), part, mark);
    if (sources.length === 0) {
      this.#log.error(
        { folder, name },
        'rows of a failed insert are merged for good; sent again, they count twice',
      );
      return;
    }
    linkToDetached(folder, sources);
    await control(`DROP PART ${sqlString(name)}`);
    for (const source of sources) await control(`ATTACH PART ${sqlString(source)}`);
  }
}

/**
 * Ends the process as a crash would, because that is the state from which the next start undoes the insert: a
 * graceful stop would clear away what merged parts were made from.
 */
function endAtOnce(log: Logger, why: unknown): void {
  log.fatal({ why }, 'a failed insert can only be undone by starting the store again');
  process.kill(process.pid, 'SIGKILL');
}
