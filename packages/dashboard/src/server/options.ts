import type { Store } from '@ja4/store';
import type { Logger } from 'pino';

/** A store the pages can show: the operator's own traffic, or the recorded sample. */
export interface Dataset {
  /** Short name in the URL (`?data=live`). */
  readonly name: string;
  /** What people read in the header. */
  readonly label: string;
  readonly store: Store;
}

export interface DashboardOptions {
  /** Address to listen on; only loopback is accepted while there is no sign-in. */
  readonly host: string;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  /** At least one; the first is shown when the URL names none. */
  readonly datasets: readonly Dataset[];
  /** Where everything written lives; kept for what needs transactions (users, saved views). */
  readonly dataDir: string;
  /** Host names besides the loopback ones that requests may carry (a reverse proxy's name, for example). */
  readonly allowedHosts?: readonly string[];
  readonly log: Logger;
  /** Clock, Unix milliseconds. */
  readonly now?: () => number;
}

export interface DashboardService {
  /** Address of the first page, for example `http://127.0.0.1:8000`. */
  readonly url: string;
  counters(): Record<string, number>;
  ready(): { ok: boolean; why?: string };
  stop(): Promise<void>;
}

/** An operator's mistake: what is wrong and what to do about it. */
export class DashboardError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'DashboardError';
    this.code = code;
  }
}
