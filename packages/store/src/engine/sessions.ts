import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChdbQueryStream, Session } from 'chdb';
import { engineFailure } from './clickhouse-error.ts';

type Chdb = typeof import('chdb');

/** One statement for the engine: settings and parameters as SQL literals, applied in this order. */
export interface Job {
  /** Unique; `kill` finds the running statement by it. */
  id: string;
  sql: string;
  format: string;
  database: string | undefined;
  settings: readonly (readonly [name: string, literal: string])[];
  /** Query parameters in ClickHouse's escaped text form, as they stand in a URL. */
  parameters: ReadonlyMap<string, string>;
  /** The engine itself then refuses every write, `file()`, `url()` and further settings. */
  readonly: boolean;
}

/** What a finished statement gave. */
export interface JobResult {
  bytes: Uint8Array;
  rowsRead: number;
  bytesRead: number;
  /** Seconds in the engine. */
  elapsed: number;
}

export interface EngineLimits {
  /** For the whole engine. */
  memoryBytes: number;
  threads: number;
}

/** Name under which chDB mounts the overlay that turns table names into file names. */
const overlayDatabase = 'ja4_no_files';

/** An SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** An SQL identifier in backquotes. */
export function sqlName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** @throws Error with code STORE_CANNOT_OPEN */
function openSession(chdb: Chdb, dataDir: string, connectionArgs: string[]): Session {
  try {
    return new chdb.Session(dataDir, { connectionArgs });
  } catch (error) {
    const message =
      `The store's data folder ${dataDir} cannot be opened: another store may be running on it, or the folder ` +
      'belongs to another user. Stop the other one, or choose another data_dir.';
    throw Object.assign(new Error(message, { cause: error }), { code: 'STORE_CANNOT_OPEN' });
  }
}

/**
 * chDB sessions on one data folder. Every job gets a session of its own (opening one costs well under a
 * millisecond), so no setting, parameter or database of one statement reaches the next.
 */
export class EngineSessions {
  readonly #chdb: Chdb;
  readonly #dataDir: string;
  /** Keeps the engine open between jobs; kills statements. */
  readonly #control: Session;
  readonly #limits: EngineLimits;

  private constructor(chdb: Chdb, dataDir: string, control: Session, limits: EngineLimits) {
    this.#chdb = chdb;
    this.#dataDir = dataDir;
    this.#control = control;
    this.#limits = limits;
  }

  /**
   * Opens the data folder. chDB's default database is an overlay in which a table's name can be a path
   * (`SELECT * FROM '/etc/passwd'`); it is mounted under another name and detached before anything is served.
   * @throws Error with code STORE_IN_USE, STORE_CANNOT_OPEN or STORE_UNSAFE
   */
  static async open(dataDir: string, limits: EngineLimits): Promise<EngineSessions> {
    const chdb = await import('chdb');
    if (!existsSync(join(dataDir, 'metadata', 'default.sql'))) {
      // The first time there is no plain database `default` yet, and chDB does not open without one.
      const first = openSession(chdb, dataDir, []);
      first.query('DETACH DATABASE default');
      first.query('CREATE DATABASE default ENGINE = Atomic');
      first.close();
      await chdb.drainPending();
    }
    const control = openSession(chdb, dataDir, [
      `--max_server_memory_usage=${limits.memoryBytes}`,
      `--mark_cache_size=${Math.floor(limits.memoryBytes / 16)}`,
      `--uncompressed_cache_size=${Math.floor(limits.memoryBytes / 32)}`,
      `--max_threads=${limits.threads}`,
      `--default_database=${overlayDatabase}`,
    ]);
    const sessions = new EngineSessions(chdb, dataDir, control, limits);
    control.query(`DETACH DATABASE ${overlayDatabase}`);
    const left = control.query(
      "SELECT count() FROM system.databases WHERE engine IN ('Overlay', 'Filesystem', 'S3', 'HDFS')",
      'TSV',
    );
    if (left.trim() !== '0') {
      await sessions.close();
      throw Object.assign(
        new Error(
          `The store's data folder ${dataDir} holds a database that maps files to tables. Remove it, or use another data_dir.`,
        ),
        { code: 'STORE_UNSAFE' },
      );
    }
    return sessions;
  }

  /** Names of all table functions the engine has. */
  tableFunctions(): string[] {
    return this.#control.query('SELECT name FROM system.table_functions', 'TSV').split('\n').filter(Boolean);
  }

  /** The engine's version, e.g. `26.7.2.1`. */
  version(): string {
    return this.#control.query('SELECT version()', 'TSV').trim();
  }

  /** Runs a trivial statement. Rejects when the engine does not answer. */
  async ping(): Promise<void> {
    await this.#control.queryAsync('SELECT 1');
  }

  /**
   * Runs a job to its end and gives the whole result.
   * @throws ClickHouseFailure with the engine's own code
   */
  async run(job: Job): Promise<JobResult> {
    const session = await this.#session(job);
    try {
      const result = await session.queryAsync(job.sql, { format: job.format });
      const { rowsRead, bytesRead, elapsed } = result;
      return { bytes: result.bytes(), rowsRead, bytesRead, elapsed };
    } catch (error) {
      throw engineFailure(error);
    } finally {
      session.close();
    }
  }

  /**
   * Yields a result's chunks as the engine produces them; for formats whose chunks can be joined.
   * Leaving the loop early cancels the statement.
   * @throws ClickHouseFailure with the engine's own code
   */
  async *stream(job: Job): AsyncGenerator<{ bytes: Uint8Array; rows: number }> {
    const session = await this.#session(job);
    let stream: ChdbQueryStream | undefined;
    try {
      stream = session.queryStream(job.sql, { format: job.format });
      for await (const chunk of stream) yield { bytes: chunk.raw(), rows: chunk.numRows };
    } catch (error) {
      throw engineFailure(error);
    } finally {
      stream?.cancel();
      session.close();
    }
  }

  /** Stops the running job of this id; returns whether there was one. */
  async kill(id: string): Promise<boolean> {
    const result = await this.#control.queryAsync(
      `KILL QUERY WHERE startsWith(Settings['log_comment'], ${sqlString(`${id} `)}) ASYNC`,
      { format: 'TSV' },
    );
    return result.bytes().length > 0;
  }

  /** Closes the engine after everything native has ended. */
  async close(): Promise<void> {
    this.#control.close();
    await this.#chdb.drainPending();
  }

  async #session(job: Job): Promise<Session> {
    const session = new this.#chdb.Session(this.#dataDir);
    const comment = job.settings.findLast(([name]) => name === 'log_comment')?.[1] ?? '';
    const assignments = [
      `max_threads = ${this.#limits.threads}`,
      `max_memory_usage = ${Math.floor(this.#limits.memoryBytes * 0.8)}`,
      ...job.settings.map(([name, literal]) => `${sqlName(name)} = ${literal}`),
      `log_comment = '${job.id} ${/^'.*'$/s.test(comment) ? comment.slice(1) : "'"}`,
      ...[...job.parameters].map(([name, value]) => `${sqlName(`param_${name}`)} = ${sqlString(value)}`),
    ];
    const prelude = [
      ...(job.database === undefined ? [] : [`USE ${sqlName(job.database)}`]),
      `SET ${assignments.join(', ')}`,
      ...(job.readonly ? ['SET readonly = 1'] : []),
    ];
    try {
      for (const statement of prelude) session.query(statement);
      return session;
    } catch (error) {
      session.close();
      throw engineFailure(error);
    }
  }
}
