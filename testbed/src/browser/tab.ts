/**
 * A browser tab as a person uses it. Input goes through the browser's own event path (real mouse and key
 * events), so that what follows (user activation, referrers, prefetch) is what a person's click would cause.
 */
export interface Tab {
  /** Opens an address as if typed, or as if followed from `referrer`. */
  goto(url: string, referrer?: string): Promise<void>;
  /** Value of a JavaScript expression, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Presses the left button at a point of the viewport; `newTab` holds Control. */
  press(x: number, y: number, newTab: boolean): Promise<void>;
  wheel(x: number, y: number, deltaY: number): Promise<void>;
  key(character: string): Promise<void>;
  back(): Promise<void>;
  /** Brings it before the others: a hidden tab neither paints nor scrolls. */
  show(): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  /** The tab it opened with. */
  readonly first: Tab;
  newTab(): Promise<Tab>;
  /** Tabs that pages or Control-clicks have opened since. */
  opened(): Promise<Tab[]>;
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** Profile folder: kept between visits it brings cache and cookies back. */
  readonly profile: string;
  /** HTTP and interface language, e.g. `de-DE,de`. */
  readonly language: string;
  readonly width: number;
  readonly height: number;
}
