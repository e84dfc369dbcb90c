import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseFailure, failure } from './clickhouse-error.ts';
import type { EngineCounters } from './counters.ts';
import type { Role } from './credentials.ts';
import type { GuardContext } from './guard-context.ts';
import { type HttpSession, HttpSessions } from './http-sessions.ts';
import type { InsertBodies, InsertBody } from './insert-body.ts';
import type { OnceInserts } from './insert-once.ts';
import { inSmallBlocks, insertToken, withoutDeduplication } from './insert-target.ts';
import type { Job } from './job.ts';
import type { Lane } from './lane.ts';
import { jobProgress, type Progress, whileReporting } from './progress.ts';
import { withProgressRows } from './progress-rows.ts';
import type { StatementRequest } from './request.ts';
import type { SessionChange } from './session-statement.ts';
import type { EngineSessions } from './sessions.ts';
import { underCeilings } from './setting-rules.ts';
import { nothing, type Sink, type Summary } from './sink.ts';
import { sqlString } from './sql-text.ts';
import { formatName, guardStatement, guardValues, type Statement } from './statement-guard.ts';
import type { Chunk, JobResult } from './statement-worker.ts';

/** Reads that the engine answers only whole: all but SELECT. They are short. */
const unstreamed: ReadonlySet<string> = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN']);

/** Formats whose chunks, one after the other, are the whole result. */
const joinable = new Set(
  `JSONEachRow JSONLines NDJSON JSONCompactEachRow JSONStringsEachRow JSONCompactStringsEachRow CSV TabSeparated TSV
   TabSeparatedRaw TSVRaw Raw LineAsString RawBLOB RowBinary Native JSONEachRowWithProgress`
    .split(/\s+/)
    .map((name) => name.toLowerCase()),
);

/** Seconds that a statement may read before the engine stops it, unless the request asks for less. */
const readSeconds = 300;
/** The engine's code for a statement that needs more memory than there is. */
const memoryLimitExceeded = 241;
/** Largest result that is collected before it is sent, in bytes. */
const collectedBytes = 512 * 1024 * 1024;
/** Threads of one statement, whatever it asks for. */
const mostThreads = 64;

export interface Lanes {
  read: Lane;
  write: Lane;
}

/** Runs statements of clients on the engine: guard, lane, session, kill. */
export class StatementRunner {
  readonly #sessions: EngineSessions;
  readonly #lanes: Lanes;
  readonly #bodies: InsertBodies;
  readonly #counters: EngineCounters;
  readonly #context: GuardContext;
  readonly #once: OnceInserts;
  /** The clients' own query ids of the jobs that wait or run. */
  readonly #running = new Map<string, string>();
  readonly #httpSessions = new HttpSessions();

  constructor(
    sessions: EngineSessions,
    lanes: Lanes,
    bodies: InsertBodies,
    counters: EngineCounters,
    context: GuardContext,
    once: OnceInserts,
  ) {
    this.#sessions = sessions;
    this.#lanes = lanes;
    this.#bodies = bodies;
    this.#counters = counters;
    this.#context = context;
    this.#once = once;
  }

  /**
   * Runs one request's statement, inside its session if it names one.
   * @param signal fires when the client has gone: a waiting statement never starts, a running one is killed
   * @throws ClickHouseFailure
   */
  async run(request: StatementRequest, role: Role, sink: Sink, signal: AbortSignal): Promise<void> {
    if (request.session === undefined) return this.#run(request, role, sink, signal, undefined);
    return this.#httpSessions.inside(request.session, role, (session) =>
      this.#run(request, role, sink, signal, session),
    );
  }

  /** Ends every session; only while no statement runs. */
  async close(): Promise<void> {
    await this.#httpSessions.close();
  }

  async #run(
    request: StatementRequest,
    role: Role,
    sink: Sink,
    signal: AbortSignal,
    session: HttpSession | undefined,
  ): Promise<void> {
    const parameters = new Map([...(session?.parameters ?? []), ...request.parameters]);
    const statement = guardStatement(request.sql, role, this.#context, {
      parameters,
      inSession: session !== undefined,
      besideTemporaryTables: session?.engine !== undefined,
    });
    if (request.mustBeRead && statement.kind !== 'read')
      throw failure(
        'READONLY',
        `Cannot execute query in readonly mode: method GET implies readonly, so ${statement.verb} needs POST.`,
      );
    this.#counters.add(`queries_${statement.kind}`);
    if (session !== undefined && statement.temporary) session.engine ??= await this.#sessions.keep();
    const settings = [
      ...(session?.settings ?? []),
      ...request.settings.map(([name, value]) => [name, sqlString(value)] as const),
      ...statement.settings,
    ];
    const reads = statement.kind === 'read' || statement.kind === 'session';
    const job: Job = {
      id: randomUUID(),
      sql: statement.sql,
      format: statement.format ?? formatName(request.defaultFormat ?? 'TabSeparated'),
      database: request.database ?? session?.database,
      settings: reads
        ? [
            ['max_execution_time', String(readSeconds)],
            ...underCeilings(settings, { max_threads: mostThreads, max_execution_time: readSeconds }),
          ]
        : underCeilings(settings, { max_threads: mostThreads }),
      parameters,
      readonly: reads && session?.engine === undefined,
      kept: session?.engine,
    };
    if (session !== undefined && statement.change !== undefined)
      return this.#changeSession(session, statement.change, job, sink, signal);
    if (request.queryId !== undefined) this.#running.set(job.id, request.queryId);
    try {
      await this.#reporting(request, job, sink, () =>
        this.#dispatch(statement, request, role, job, sink, signal),
      );
    } finally {
      this.#running.delete(job.id);
    }
  }

  async #reporting(
    request: StatementRequest,
    job: Job,
    sink: Sink,
    task: () => Promise<void>,
  ): Promise<void> {
    if (request.progressEveryMs === undefined) return task();
    const began = performance.now();
    const report = (progress: Progress): void => sink.progress(progress, (performance.now() - began) / 1000);
    await whileReporting(job.id, request.progressEveryMs, this.#control, report, task);
  }

  /** SET and USE: the engine itself says whether it takes them, then the session remembers. */
  async #changeSession(
    session: HttpSession,
    change: SessionChange,
    job: Job,
    sink: Sink,
    signal: AbortSignal,
  ): Promise<void> {
    const given = change.settings.flatMap(([name, literal]) =>
      literal === undefined ? [] : [[name, literal] as const],
    );
    const trial: Job = {
      ...job,
      sql: 'SELECT 1',
      format: 'Null',
      settings: [...job.settings, ...given],
      database: change.database ?? job.database,
    };
    await this.#lanes.read.run(() => this.#sessions.run(this.#lanes.read, trial), signal);
    for (const [name, literal] of change.settings)
      if (literal === undefined) session.settings.delete(name);
      else session.settings.set(name, literal);
    for (const [name, value] of change.parameters) session.parameters.set(name, value);
    session.database = change.database ?? session.database;
    await sink.whole(job.format, new Uint8Array(), nothing);
  }

  async #dispatch(
    statement: Statement,
    request: StatementRequest,
    role: Role,
    job: Job,
    sink: Sink,
    signal: AbortSignal,
  ): Promise<void> {
    if (statement.insert !== undefined) return this.#insert(statement, request, role, job, sink, signal);
    request.body?.resume();
    if (statement.kind === 'kill') return this.#kill(job, statement.killQueryId, sink);
    const collect = request.waitEndOfQuery || unstreamed.has(statement.verb);
    if (statement.kind === 'read') return this.#read(job, collect, sink, signal);
    return this.#change(job, statement.kind === 'insert', sink, signal);
  }

  async #read(job: Job, collect: boolean, sink: Sink, signal: AbortSignal): Promise<void> {
    await this.#lanes.read.run(
      () =>
        this.#killable(job, signal, async () => {
          if (collect || !joinable.has(job.format.toLowerCase())) return this.#collect(job, sink);
          await this.#stream(job, sink);
        }),
      signal,
    );
  }

  async #collect(job: Job, sink: Sink): Promise<void> {
    const result = await this.#sessions.run(this.#lanes.read, {
      ...job,
      settings: [
        ['max_result_bytes', String(collectedBytes)],
        ...underCeilings(job.settings, { max_result_bytes: collectedBytes }),
      ],
    });
    this.#counters.add('rows_read', result.rowsRead);
    await sink.whole(job.format, result.bytes, {
      ...nothing,
      readRows: result.rowsRead,
      readBytes: result.bytesRead,
      resultRows: result.rowsRead,
      elapsedSeconds: result.elapsed,
    });
  }

  /** One chunk ahead, so that short results and early errors still get a status and a length. */
  async #stream(job: Job, sink: Sink): Promise<void> {
    const began = performance.now();
    let held: Uint8Array | undefined;
    let rows = 0;
    let chunks = 0;
    const figures = (): Summary => ({
      ...nothing,
      readRows: rows,
      resultRows: rows,
      elapsedSeconds: (performance.now() - began) / 1000,
    });
    for await (const chunk of this.#pieces(job)) {
      rows += chunk.rows;
      if (held !== undefined) {
        if (chunks++ === 0) sink.begin(job.format, figures());
        await sink.chunk(held);
      }
      held = chunk.bytes;
    }
    this.#counters.add('rows_read', rows);
    const last = held ?? new Uint8Array();
    if (chunks > 0) {
      await sink.chunk(last);
      return sink.end();
    }
    await sink.whole(job.format, last, { ...figures(), readBytes: last.length });
  }

  #pieces(job: Job): AsyncGenerator<Chunk> {
    const chunks = this.#sessions.stream(this.#lanes.read, job);
    if (job.format.toLowerCase() !== 'jsoneachrowwithprogress') return chunks;
    return withProgressRows(chunks, () => jobProgress(job.id, this.#control));
  }

  readonly #control = (sql: string, format: string): Promise<Uint8Array> =>
    this.#sessions.control(sql, format);

  /** Outside the lanes, which may be full of what is to be stopped. */
  async #kill(job: Job, queryId: string | undefined, sink: Sink): Promise<void> {
    const jobs = [...this.#running].filter(([, id]) => id === queryId && queryId !== undefined);
    for (const [id] of jobs) await this.#sessions.kill(id);
    const bytes = jobs.length > 0 ? new Uint8Array() : await this.#sessions.control(job.sql, job.format);
    await sink.whole(job.format, bytes, nothing);
  }

  /** INSERT … SELECT and everything that defines or removes; of these only the first is killed. */
  async #change(job: Job, killable: boolean, sink: Sink, signal: AbortSignal): Promise<void> {
    const task = () => this.#write(job, killable);
    const result = await this.#lanes.write.run(
      () => (killable ? this.#killable(job, signal, task) : task()),
      signal,
    );
    await sink.whole(job.format, result.bytes, {
      ...nothing,
      readRows: result.rowsRead,
      readBytes: result.bytesRead,
      elapsedSeconds: result.elapsed,
    });
  }

  /**
   * Runs what changes something; only in the write lane, which is one statement wide.
   * @param loaded called when the engine has all rows of an INSERT, before they are brought to disk
   */
  async #write(job: Job, isInsert: boolean, loaded?: () => Promise<void>): Promise<JobResult> {
    const run = async (one: Job): Promise<JobResult> => {
      const result = await this.#sessions.run(this.#lanes.write, one);
      await loaded?.();
      return result;
    };
    if (!isInsert) {
      try {
        return await run(job);
      } finally {
        await this.#once.tablesChanged(job.sql);
      }
    }
    // Beside temporary tables a name may stand for one of those, whose rows end with the session.
    const token = job.kept === undefined ? insertToken(job) : undefined;
    if (token === undefined) return run(job);
    const single = withoutDeduplication(job);
    const result = await this.#once
      .run(token, () => run(single))
      .catch((error: unknown) => {
        if (!(error instanceof ClickHouseFailure) || error.code !== memoryLimitExceeded) throw error;
        this.#counters.add('inserts_in_small_blocks');
        return this.#once.run(token, () => run(inSmallBlocks(single)));
      });
    if (result === undefined) this.#counters.add('inserts_repeated');
    return result ?? { bytes: new Uint8Array(), rowsRead: 0, bytesRead: 0, elapsed: 0 };
  }

  async #insert(
    statement: Statement,
    request: StatementRequest,
    role: Role,
    job: Job,
    sink: Sink,
    signal: AbortSignal,
  ): Promise<void> {
    const { head, format, inlineData } = statement.insert!;
    const expressions =
      role === 'admin' && request.body === undefined && guardValues(inlineData, this.#context);
    const body = await this.#bodies.receive(inlineData.replace(/^[ \t\r\f\v]*\n?/, ''), request.body);
    let result: JobResult;
    try {
      this.#counters.add('bytes_received', body.bytes);
      result = await this.#lanes.write.run(
        // Not killed when the client goes: the rows are here, and half an insert helps nobody.
        // The body need not reach the disk: its rows are in the parts.
        () => this.#write(insertJob(job, head, format, body, expressions), true, body.dispose),
        signal,
      );
    } finally {
      await body.dispose();
    }
    this.#counters.add('rows_written', result.rowsRead);
    await sink.whole(job.format, new Uint8Array(), {
      ...nothing,
      readRows: result.rowsRead,
      readBytes: result.bytesRead,
      writtenRows: result.rowsRead,
      writtenBytes: result.bytesRead,
      elapsedSeconds: result.elapsed,
    });
  }

  /** Runs a task and kills its statement when the client goes; asks again until the task has ended. */
  async #killable<T>(job: Job, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const kill = async (): Promise<void> => {
      this.#counters.add('queries_killed');
      while (!ended.signal.aborted) {
        await this.#sessions.kill(job.id);
        // The statement may not have reached the engine yet.
        await sleep(50);
      }
    };
    const onGone = (): void => void kill().catch(() => this.#counters.add('kills_failed'));
    signal.addEventListener('abort', onGone, { once: true });
    try {
      return await task();
    } finally {
      ended.abort();
      signal.removeEventListener('abort', onGone);
    }
  }
}

function insertJob(job: Job, head: string, format: string, body: InsertBody, expressions: boolean): Job {
  const interpret = expressions ? '1' : '0';
  return {
    ...job,
    sql: `${head} FROM INFILE ${sqlString(body.path)} COMPRESSION 'none' FORMAT ${format}`,
    format: 'Null',
    settings: [
      ...job.settings,
      // Values may hold expressions, and those can call file(): only ones that the guard has read may run.
      ['input_format_values_interpret_expressions', interpret],
      ['input_format_values_deduce_templates_of_expressions', interpret],
    ],
  };
}
