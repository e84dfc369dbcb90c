/**
 * A browser tab as a person sees it. Everything they do with mouse and keyboard goes through the display
 * (`hands.ts`); this is for looking, and for what the browser's own frame (address bar, tab strip) would do.
 */
export interface Tab {
  /** Opens an address as if typed. */
  goto(url: string): Promise<void>;
  /** Value of a JavaScript expression in the page, as JSON; the page cannot notice. */
  evaluate(expression: string): Promise<unknown>;
  /** Brings it before the others: a hidden tab neither paints nor scrolls. */
  show(): Promise<void>;
  close(): Promise<void>;
}

/** A window of one person. */
export interface BrowserWindow {
  /** The tab it opened with. */
  readonly first: Tab;
  /** Tabs that pages or Control-clicks have opened since. */
  opened(): Promise<Tab[]>;
  /** Closes all its tabs; what is not kept is forgotten: cookies, caches, storage, TLS sessions. */
  leave(): Promise<void>;
}

/** Who sits down at a browser. */
export interface Guest {
  /** Folder of a profile that outlives the visit; without one everything is new and thrown away after. */
  readonly profile?: string;
  /** In a private window. */
  readonly privately: boolean;
  /** HTTP and interface language, e.g. `de-DE,de`. */
  readonly language: string;
  readonly width: number;
  readonly height: number;
  /** False where a content blocker stops pages' scripts. */
  readonly scripts: boolean;
  /** Speaks HTTP/1.1 only. */
  readonly http1: boolean;
}

/** One running browser program, used by one guest after the other. */
export interface Browser {
  open(guest: Guest): Promise<BrowserWindow>;
  /** Settles when the program has ended, wanted or not. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** The program's own folder (also its HOME): settings, certificate store, guests' data. */
  readonly home: string;
  /** PEM of the authority to trust. */
  readonly authority: string;
  /** All its guests speak HTTP/1.1 only. */
  readonly http1: boolean;
}
