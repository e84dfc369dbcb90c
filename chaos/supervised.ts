import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface SupervisedOptions {
  readonly name: string;
  /** Arguments of Node: a file and its own. */
  readonly args: readonly string[];
  /** It is told what the process says that should not be: errors, and that it ended by itself. */
  readonly onTrouble: (text: string) => void;
}

/** A process of ours that is killed and started again, and must not end by itself. */
export class Supervised {
  readonly #options: SupervisedOptions;
  #child: ChildProcess | undefined;
  #ready: Promise<void> = Promise.resolve();
  #ended: Promise<unknown> = Promise.resolve();
  #expected = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Starts it; resolves at once. */
  start(): void {
    const { name, args, onTrouble } = this.#options;
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    this.#expected = false;
    const ready = Promise.withResolvers<void>();
    this.#ready = ready.promise;
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready')
        ready.resolve();
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    // `close`, not `exit`: by then everything that it said has been read.
    this.#ended = once(child, 'close').then(([code, signal]) => {
      ready.resolve();
      if (!this.#expected) onTrouble(`${name} ended by itself: ${signal ?? `exit status ${code}`}`);
    });
  }

  /** Resolves when it works, or has ended. */
  ready(): Promise<void> {
    return this.#ready;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#expected = true;
    this.#child?.kill(signal);
    await this.#ended;
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  #read(line: string): void {
    const { name, onTrouble } = this.#options;
    let level: unknown = 60;
    let text = line;
    try {
      const entry: unknown = JSON.parse(line);
      if (typeof entry === 'object' && entry !== null && 'level' in entry) {
        level = entry.level;
        text = 'msg' in entry ? String(entry.msg) : line;
      }
    } catch {
      // Not of the log: what a dying process says.
    }
    if (Number(level) >= 50 || level === 'error' || level === 'fatal')
      onTrouble(`${name}: ${text.slice(0, 300)}`);
  }
}
