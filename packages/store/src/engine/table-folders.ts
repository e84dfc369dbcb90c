import { join, relative } from 'node:path';
import { z } from 'zod';
import type { BlockMarks } from './insert-journal.ts';
import type { EngineSessions } from './sessions.ts';

/** A part of a table as the engine sees it. */
export interface ActivePart {
  database: string;
  table: string;
  name: string;
  /** Of the table. */
  folder: string;
  /** The table's highest block before. */
  mark: number;
}

const tableRows = z.array(z.tuple([z.string(), z.string(), z.string(), z.array(z.string())]));
const markRows = z.array(z.tuple([z.string(), z.string(), z.coerce.number()]));
const partRows = z.array(z.tuple([z.string(), z.string(), z.string(), z.coerce.number()]));

const ownDatabases = "database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')";

interface Tables {
  /** By `database\0table`. */
  uuids: ReadonlyMap<string, string>;
  /** Folder below the data folder of each table that keeps parts, by `database\0table`. */
  folders: ReadonlyMap<string, string>;
}

/** Which tables there are and which blocks they hold, asked of the engine beside the lanes. */
export class TableFolders {
  readonly #sessions: EngineSessions;
  readonly #dataDir: string;
  #tables: Tables | undefined;

  constructor(sessions: EngineSessions, dataDir: string) {
    this.#sessions = sessions;
    this.#dataDir = dataDir;
  }

  /** After a statement that may have made, renamed or dropped a table. */
  forget(): void {
    this.#tables = undefined;
  }

  /** The UUID of a table; undefined if there is none of that name. */
  async uuid(database: string, table: string): Promise<string | undefined> {
    return (await this.#known()).uuids.get(`${database}\0${table}`);
  }

  /** Of every table that keeps parts, its folder and the highest block it holds. */
  async marks(): Promise<BlockMarks> {
    const { folders } = await this.#known();
    const highest = new Map(
      markRows
        .parse(
          await this.#rows(
            'SELECT database, table, max(max_block_number) FROM system.parts WHERE active GROUP BY database, table',
          ),
        )
        .map(([database, table, block]) => [`${database}\0${table}`, block]),
    );
    return Object.fromEntries([...folders].map(([name, folder]) => [folder, highest.get(name) ?? 0]));
  }

  /** Parts with rows that hold a block above their table's mark. */
  async above(marks: BlockMarks): Promise<ActivePart[]> {
    const { folders } = await this.#known();
    const rows = partRows.parse(
      await this.#rows(
        `SELECT database, table, name, max_block_number FROM system.parts WHERE active AND rows > 0 AND ${ownDatabases}`,
      ),
    );
    return rows.flatMap(([database, table, name, maxBlock]) => {
      const folder = folders.get(`${database}\0${table}`);
      const mark = folder === undefined ? undefined : marks[folder];
      if (folder === undefined || mark === undefined || maxBlock <= mark) return [];
      return [{ database, table, name, folder: join(this.#dataDir, folder), mark }];
    });
  }

  async #known(): Promise<Tables> {
    if (this.#tables !== undefined) return this.#tables;
    const rows = tableRows.parse(
      await this.#rows(
        `SELECT database, name, toString(uuid), if(endsWith(engine, 'MergeTree'), data_paths, []) FROM system.tables WHERE ${ownDatabases}`,
      ),
    );
    const uuids = new Map(rows.map(([database, name, uuid]) => [`${database}\0${name}`, uuid]));
    const folders = new Map(
      rows.flatMap(([database, name, , paths]) =>
        paths.map((path) => [`${database}\0${name}`, relative(this.#dataDir, path)] as const),
      ),
    );
    this.#tables = { uuids, folders };
    return this.#tables;
  }

  async #rows(sql: string): Promise<unknown[]> {
    const bytes = await this.#sessions.control(sql, 'JSONCompactEachRow');
    return Buffer.from(bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  }
}
