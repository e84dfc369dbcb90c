import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from '../run.ts';

/** Frames since the beginning. */
export interface WireCounts {
  readonly toServer: number;
  readonly toHosts: number;
  /** Sent by the server to addresses that no host had any more. */
  readonly forNobody: number;
  readonly notWritten: number;
}

/**
 * The process between hosts and server (wire.c): it makes their interfaces and delays what goes between them.
 * It ends, and the interfaces with it, when this process does.
 */
export class Wire {
  readonly #process: ChildProcess;
  readonly #waiting: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;

  private constructor(child: ChildProcess) {
    this.#process = child;
    if (!child.stdout) throw new Error('The wire has no output');
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    const fail = (why: string) => {
      this.#ended = new Error(`The wire between hosts and server ended: ${why}`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`));
    child.stdin?.on('error', () => undefined);
  }

  /** Compiles the program into `folder` and starts it. */
  static async start(folder: string): Promise<Wire> {
    await mkdir(folder, { recursive: true });
    const program = join(folder, 'wire');
    const source = join(import.meta.dirname, 'wire.c');
    await run('gcc', [
      '-std=gnu11',
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      source,
      '-o',
      program,
      '-pthread',
      '-lm',
    ]);
    return new Wire(spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Commands of wire.c, in order; rejects with the first that failed, after all were tried. */
  async obey(...commands: string[]): Promise<string[]> {
    if (this.#ended) throw this.#ended;
    const answers = commands.map(
      () => new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    );
    this.#process.stdin?.write(commands.map((command) => `${command}\n`).join(''));
    const said = await Promise.all(answers);
    for (const [i, answer] of said.entries()) {
      if (!answer.startsWith('ok')) throw new Error(`Wire: "${commands[i]}": ${answer}`);
    }
    return said;
  }

  async counts(): Promise<WireCounts> {
    const [answer = ''] = await this.obey('count');
    const [toServer = 0, toHosts = 0, forNobody = 0, notWritten = 0] = answer.split(' ').slice(1).map(Number);
    return { toServer, toHosts, forNobody, notWritten };
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin?.end();
    await ended;
  }
}
