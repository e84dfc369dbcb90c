/** Keeps whatever goes wrong in watching a site away from the site; counted, and the first time logged. */
export class Containment {
  readonly #log: (message: string) => void;
  failures = 0;

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  /** The site's request is worth more than our event of it. */
  failed(error: unknown): void {
    if (this.failures++ > 0) return;
    this.#log(
      `An event of an HTTP request could not be made: ${String(error)}. Please report this as a bug.`,
    );
  }
}
