import type { PersonaName } from './personas.ts';
import type { Guest } from './tab.ts';
import type { WebView } from './web-view.ts';

/** What somebody needs to sit down at: a browser program and how it is set up. */
export interface Seating {
  readonly browser: 'chromium' | 'firefox' | WebView;
  readonly http1?: boolean;
  readonly privately?: boolean;
  /** False where a content blocker stops pages' scripts. */
  readonly scripts?: boolean;
  /** Always the same journey; otherwise the seed decides among those of people. */
  readonly journey?: 'scraper';
}

/** Seats are alike when their programs were started the same way; the rest changes from guest to guest. */
export function seatOf({ browser, http1 }: Seating): string {
  // Firefox changes it while it runs.
  return http1 && browser !== 'firefox' ? `${browser}-http1` : browser;
}

/** What a seat's process is started with. */
export interface SeatOptions {
  readonly browser: Seating['browser'];
  readonly http1: boolean;
  readonly home: string;
  readonly authority: string;
}

/** One visit, as a seat's process is told. */
export interface VisitOrder {
  readonly guest: Guest;
  readonly journey: PersonaName | 'scraper';
  readonly seed: number;
  readonly speed: number;
  readonly patienceMs: number;
}

/** How the visit went. A seat that is not `usable` any more has to be started again. */
export interface VisitOutcome {
  readonly trouble?: string;
  readonly usable: boolean;
}
