import { fileURLToPath } from 'node:url';
import type { ServiceName } from '../service/service.ts';
import { ChildService, type ChildState, type FirstStart } from './child-service.ts';

const launcher = fileURLToPath(new URL('../../bin/ja4.js', import.meta.url));

export interface SupervisorOptions {
  /** Passed on to every service: `--config FILE` and the like. */
  readonly args: readonly string[];
  readonly onLog: (name: ServiceName, line: string) => void;
  readonly onState: (name: ServiceName, state: ChildState) => void;
}

/** Runs services as child processes, so that the crash of one never takes down another. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #children: ChildService[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Starts one service. Resolves when it is ready or has failed for the first time; then it is tried again,
   * unless it is required.
   */
  start(name: ServiceName, required = false): Promise<FirstStart> {
    const { args, onLog, onState } = this.#options;
    const child = new ChildService({ name, args: [launcher, name, ...args], required, onLog, onState });
    this.#children.push(child);
    return child.start();
  }

  /** Lets every service that runs open its files again; resolves when all have. */
  async reload(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.reload()));
  }

  /** Stops all, the last started first, so that each finds what it flushes into still running. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) await child.stop();
  }
}
