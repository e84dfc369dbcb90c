import type { Store } from '@ja4/store';
import type { Problem } from './problem.ts';

/** A store that works answers a ping in milliseconds, whatever else it does. */
const pingWithinMs = 2_000;

/**
 * Remembers which stores did not answer, so that nobody else waits as long for one as the first did: it is pinged
 * before it is asked again, once for all who ask at the same time.
 */
export class StorePulse {
  readonly #silent = new Map<Store, Problem>();
  readonly #pings = new Map<Store, Promise<boolean>>();

  /** Takes note of what a question to the store ended with. */
  ended(store: Store, problem: Problem): void {
    if (problem.code === 'store-unreachable') this.#silent.set(store, problem);
  }

  /** What to say instead of asking the store; undefined when it may be asked. */
  async problem(store: Store): Promise<Problem | undefined> {
    const problem = this.#silent.get(store);
    if (problem === undefined) return undefined;
    let answers = this.#pings.get(store);
    if (answers === undefined) {
      answers = ping(store).finally(() => this.#pings.delete(store));
      this.#pings.set(store, answers);
    }
    if (!(await answers)) return problem;
    this.#silent.delete(store);
    return undefined;
  }
}

async function ping({ client }: Store): Promise<boolean> {
  return (await client.ping({ select: false, abort_signal: AbortSignal.timeout(pingWithinMs) })).success;
}
