/** One thing the platform needs from the machine. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found, and what to do where that is not enough. */
  readonly what: string;
}
