import type { Session } from 'chdb';
import { engineFailure, failure } from './clickhouse-error.ts';
import { writeEngineConfig } from './engine-config.ts';
import { type EngineLimits, type Job, jobPrelude, killStatement } from './job.ts';
import { KeptSession } from './kept-session.ts';
import type { Lane } from './lane.ts';
import { sqlString } from './sql-text.ts';
import { type Chunk, type JobResult, StatementWorker } from './statement-worker.ts';

type Chdb = typeof import('chdb');

/** Sessions with temporary tables at a time: each is a thread, and its tables are in memory. */
const mostKept = 8;

function cannotOpen(message: string, cause: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code: 'STORE_CANNOT_OPEN' });
}

/** @throws Error with code STORE_CANNOT_OPEN */
function openSession(chdb: Chdb, dataDir: string, connectionArgs: string[]): Session {
  try {
    return new chdb.Session(dataDir, { connectionArgs });
  } catch (error) {
    const message =
      `The store's data folder ${dataDir} cannot be opened: another store may be running on it, or the folder ` +
      'belongs to another user. Stop the other one, or choose another data_dir.';
    throw cannotOpen(message, error);
  }
}

/**
 * Tables of the engine that do something when they are read: `models` starts a program (and may wait for it
 * for ever, so that the store cannot stop), `stack_trace` sends a signal to every thread and shows addresses in memory,
 * as does `symbols`; `certificates` and `jemalloc_profile_text` open files outside of the data folder.
 */
const tablesThatAct = ['models', 'stack_trace', 'symbols', 'certificates', 'jemalloc_profile_text'];

/**
 * Opens the engine so that no name of a table can be the name of a file: chDB's database `default` overlays
 * tables with the file system (`SELECT * FROM '/etc/passwd'`), so the part with tables is attached in its place.
 */
function openControl(chdb: Chdb, dataDir: string, limits: EngineLimits): Session {
  const control = openSession(chdb, dataDir, [
    `--max_server_memory_usage=${limits.memory.engine}`,
    `--merges_mutations_memory_usage_soft_limit=${limits.memory.merges}`,
    `--mark_cache_size=${limits.memory.markCache}`,
    `--uncompressed_cache_size=${limits.memory.uncompressedCache}`,
    `--concurrent_threads_soft_limit_num=${limits.threads}`,
    `--max_threads=${limits.threads}`,
    `--config-file=${writeEngineConfig(dataDir, limits.fsync)}`,
  ]);
  try {
    takeFilesAway(control, dataDir);
    return control;
  } catch (error) {
    control.close();
    if (error instanceof Error && 'code' in error && error.code === 'STORE_UNSAFE') throw error;
    const what = engineFailure(error).message;
    throw cannotOpen(
      `The store's data folder ${dataDir} does not open as it should: ${what}. Restore it, or use another data_dir.`,
      error,
    );
  }
}

/** @throws Error with code STORE_UNSAFE, or the engine's own */
function takeFilesAway(control: Session, dataDir: string): void {
  const uuid = control.query("SELECT uuid FROM system.databases WHERE name = 'default'", 'TSV').trim();
  control.query('DETACH DATABASE default');
  control.query(`ATTACH DATABASE default UUID ${sqlString(uuid)} ENGINE = Atomic`);
  for (const table of tablesThatAct) control.query(`DETACH TABLE IF EXISTS system.${table}`);
  const left = control.query(
    "SELECT count() FROM system.databases WHERE engine IN ('Overlay', 'Filesystem', 'S3', 'HDFS')",
    'TSV',
  );
  if (left.trim() === '0') return;
  const message = `The store's data folder ${dataDir} holds a database that maps files to tables. Remove it, or use another data_dir.`;
  throw Object.assign(new Error(message), { code: 'STORE_UNSAFE' });
}

/**
 * chDB on one data folder: a control session, and per lane as many threads as the lane is wide. Every job gets
 * a session of its own (opening one costs well under a millisecond), so no setting, parameter or database of
 * one statement reaches the next.
 */
export class EngineSessions {
  readonly #chdb: Chdb;
  readonly #dataDir: string;
  readonly #control: Session;
  readonly #limits: EngineLimits;
  readonly #idle = new Map<Lane, StatementWorker[]>();
  /** Threads for sessions that are kept: how many are in use, and those that wait for the next one. */
  #keptInUse = 0;
  readonly #spare: StatementWorker[] = [];

  private constructor(chdb: Chdb, dataDir: string, control: Session, limits: EngineLimits) {
    this.#chdb = chdb;
    this.#dataDir = dataDir;
    this.#control = control;
    this.#limits = limits;
  }

  /**
   * Opens the data folder and starts the lanes' threads.
   * @throws Error with code STORE_CANNOT_OPEN or STORE_UNSAFE
   */
  static async open(dataDir: string, limits: EngineLimits, lanes: readonly Lane[]): Promise<EngineSessions> {
    // Statements, temporary files and name lookups share libuv's threads: one more for each statement that
    // runs. Takes effect only if nothing has used them yet, so a launcher should set it as well.
    process.env.UV_THREADPOOL_SIZE ??= String(4 + lanes.reduce((sum, lane) => sum + lane.width, 0));
    // Freed pages go back to the system soon: five seconds' worth, the default, is 100 MB above the limit.
    process.env.JE_MALLOC_CONF ??= 'dirty_decay_ms:200';
    // The main thread loads the library first: unloaded with a worker it would crash the process on exit.
    const chdb = await import('chdb');
    const control = openControl(chdb, dataDir, limits);
    const sessions = new EngineSessions(chdb, dataDir, control, limits);
    for (const lane of lanes)
      sessions.#idle.set(
        lane,
        await Promise.all(Array.from({ length: lane.width }, () => StatementWorker.start())),
      );
    return sessions;
  }

  /** Values of a short one-column SELECT. */
  list(sql: string): string[] {
    return this.#control.query(sql, 'TSV').split('\n').filter(Boolean);
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
   * @param lane the lane whose `run` this is called in
   * @throws ClickHouseFailure with the engine's own code
   */
  async run(lane: Lane, job: Job): Promise<JobResult> {
    const worker = job.kept?.worker ?? (await this.#take(lane));
    try {
      return await worker.run(this.#workerJob(job));
    } finally {
      if (job.kept === undefined) this.#idle.get(lane)?.push(worker);
    }
  }

  /**
   * Yields a result's chunks as the engine produces them; for formats whose chunks can be joined.
   * @param lane the lane whose `run` this is called in
   * @throws ClickHouseFailure with the engine's own code
   */
  async *stream(lane: Lane, job: Job): AsyncGenerator<Chunk> {
    const worker = job.kept?.worker ?? (await this.#take(lane));
    try {
      yield* worker.stream(this.#workerJob(job));
    } finally {
      if (job.kept === undefined) this.#idle.get(lane)?.push(worker);
    }
  }

  /**
   * A session of the engine for several statements, until it is closed.
   * @throws ClickHouseFailure TOO_MANY_SIMULTANEOUS_QUERIES
   */
  async keep(): Promise<KeptSession> {
    if (this.#keptInUse >= mostKept)
      throw failure(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many sessions with temporary tables: ${this.#keptInUse} are open. Try again later, or use a table.`,
      );
    this.#keptInUse++;
    try {
      // Threads are used again: one that ends while the engine runs takes the engine with it.
      const worker = this.#spare.pop() ?? (await StatementWorker.start());
      const existing = new Set(this.list('SELECT name FROM system.settings'));
      return new KeptSession(worker, existing, (closed) => {
        this.#keptInUse--;
        if (!closed.dead) this.#spare.push(closed);
      });
    } catch (error) {
      this.#keptInUse--;
      throw error;
    }
  }

  /** Stops the running job of this id. */
  async kill(id: string): Promise<void> {
    await this.control(killStatement(id), 'Null');
  }

  /** Stops every running job. */
  async killAll(): Promise<void> {
    await this.control('KILL QUERY WHERE query_id != queryID() ASYNC', 'Null');
  }

  /**
   * Runs a short statement beside the lanes.
   * @throws ClickHouseFailure with the engine's own code
   */
  async control(sql: string, format: string): Promise<Uint8Array> {
    try {
      return (await this.#control.queryAsync(sql, { format })).bytes();
    } catch (error) {
      throw engineFailure(error);
    }
  }

  /** Ends the threads and closes the engine; only after every lane is idle. */
  async close(): Promise<void> {
    const workers = [...this.#idle.values(), this.#spare].flat();
    await Promise.all(workers.map((worker) => worker.close()));
    this.#control.close();
    await this.#chdb.drainPending();
  }

  async #take(lane: Lane): Promise<StatementWorker> {
    const worker = this.#idle.get(lane)?.pop();
    return worker === undefined || worker.dead ? StatementWorker.start() : worker;
  }

  #workerJob(job: Job): { dataDir: string; prelude: string; sql: string; format: string; keep: boolean } {
    const prelude = jobPrelude(job, this.#limits);
    const reset = job.kept?.reset(job.settings.map(([name]) => name));
    return {
      dataDir: this.#dataDir,
      keep: job.kept !== undefined,
      prelude: reset === undefined ? prelude : `${reset}; ${prelude}`,
      sql: job.sql,
      format: job.format,
    };
  }
}
