import { failure } from './clickhouse-error.ts';
import type { Role } from './credentials.ts';
import type { KeptSession } from './kept-session.ts';

/** How a request asks for a session, as in ClickHouse's HTTP interface. */
export interface SessionRequest {
  id: string;
  /** Seconds without a request after which the session ends. */
  timeoutSeconds: number;
  /** The session must already exist (`session_check=1`). */
  mustExist: boolean;
}

/** What one session remembers between its requests. */
export interface HttpSession {
  readonly id: string;
  /** Settings of SET statements, as SQL literals. */
  readonly settings: Map<string, string>;
  /** Values of `SET param_x = …`. */
  readonly parameters: Map<string, string>;
  /** Database of a USE statement. */
  database: string | undefined;
  /** Holds the temporary tables; absent until the first one is made. */
  engine: KeptSession | undefined;
}

interface Entry {
  session: HttpSession;
  role: Role;
  busy: boolean;
  timeoutMs: number;
  timer: NodeJS.Timeout | undefined;
}

/** Longest and default life without a request, as ClickHouse's max_session_timeout and default_session_timeout. */
const longestSeconds = 3600;
const defaultSessionSeconds = 60;
/** Sessions of one role at a time; each holds a few settings. */
const mostSessions = 1_000;

/**
 * Seconds of a request's `session_timeout`.
 * @throws ClickHouseFailure INVALID_SESSION_TIMEOUT
 */
export function sessionSeconds(text: string | null): number {
  if (text === null) return defaultSessionSeconds;
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= longestSeconds) return seconds;
  throw failure(
    'INVALID_SESSION_TIMEOUT',
    `Invalid session timeout: '${text.slice(0, 40)}'. It is a number of seconds up to ${longestSeconds}.`,
  );
}

/**
 * The sessions of all roles: a session belongs to the role that began it, serves one request at a time and ends
 * when it has not been used for its time-out.
 */
export class HttpSessions {
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Map<Role, number>();
  #closed = false;

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Runs a task inside a session, which nobody else can enter meanwhile.
   * @throws ClickHouseFailure SESSION_IS_LOCKED, SESSION_NOT_FOUND, or TOO_MANY_SIMULTANEOUS_QUERIES
   */
  async inside<T>(
    request: SessionRequest,
    role: Role,
    task: (session: HttpSession) => Promise<T>,
  ): Promise<T> {
    const key = `${role} ${request.id}`;
    const entry = this.#entries.get(key) ?? this.#begin(key, role, request);
    if (entry.busy)
      throw failure(
        'SESSION_IS_LOCKED',
        `Session ${request.id} is locked by a concurrent client; it takes one statement at a time.`,
      );
    clearTimeout(entry.timer);
    entry.busy = true;
    entry.timeoutMs = request.timeoutSeconds * 1000;
    try {
      return await task(entry.session);
    } finally {
      entry.busy = false;
      if (this.#closed) this.#end(key, entry);
      else entry.timer = setTimeout(() => this.#end(key, entry), entry.timeoutMs).unref();
    }
  }

  /** Ends every session. */
  async close(): Promise<void> {
    this.#closed = true;
    const engines = [...this.#entries.values()].map(({ session }) => session.engine?.close());
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
    await Promise.all(engines);
  }

  #begin(key: string, role: Role, request: SessionRequest): Entry {
    if (request.mustExist) throw failure('SESSION_NOT_FOUND', `Session ${request.id} not found.`);
    if (this.#closed) throw failure('ABORTED', 'The store is stopping; try again later.');
    const open = this.#open.get(role) ?? 0;
    if (open >= mostSessions)
      throw failure(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many sessions: ${open} are open. Use fewer, or a shorter session_timeout.`,
      );
    const session = {
      id: request.id,
      settings: new Map(),
      parameters: new Map(),
      database: undefined,
      engine: undefined,
    };
    const entry: Entry = { session, role, busy: false, timeoutMs: 0, timer: undefined };
    this.#entries.set(key, entry);
    this.#open.set(role, open + 1);
    return entry;
  }

  #end(key: string, { session, role }: Entry): void {
    this.#entries.delete(key);
    this.#open.set(role, (this.#open.get(role) ?? 1) - 1);
    // It rejects only when the thread has died, and the session with it.
    session.engine?.close().catch(() => undefined);
  }
}
