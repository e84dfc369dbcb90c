import { fileURLToPath } from 'node:url';
import type { ServiceName } from '../service/service.ts';
import { ChildService, type ChildState } from './child-service.ts';

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

  /** Starts one service. Resolves to whether it became ready (it may still be trying when false). */
  start(name: ServiceName): Promise<boolean> {
    const { args, onLog, onState } = this.#options;
    const child = new ChildService({ name, args: [launcher, name, ...args], onLog, onState });
    this.#children.push(child);
    return child.start();
  }

  /** Stops all, the last started first, so that each finds what it flushes into still running. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) await child.stop();
  }
}
