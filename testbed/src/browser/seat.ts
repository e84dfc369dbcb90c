import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Surroundings } from '../clients/kind.ts';
import { addClient, type Client, moveClient, type Network, removeClient } from '../network.ts';
import { type Running, start } from '../run.ts';
import { within } from '../time.ts';
import type { SeatOptions, VisitOrder, VisitOutcome } from './seating.ts';

const program = join(import.meta.dirname, 'seat-process.ts');

/** A namespace with a display and a browser that stay while guests and addresses change. */
export class Seat {
  readonly kind: string;
  readonly #client: Client;
  readonly #running: Running;
  readonly #answers: ((outcome: VisitOutcome) => void)[] = [];
  #usable = true;
  #trouble = '';

  private constructor(kind: string, client: Client, running: Running) {
    this.kind = kind;
    this.#client = client;
    this.#running = running;
    const { stdin, stdout, stderr } = running.process;
    stdin?.on('error', () => undefined);
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#receive(line));
    stderr?.on('data', (data: Buffer) => {
      if (this.#trouble.length < 2000) this.#trouble += data.toString();
    });
    const gone = () => {
      const trouble = `The seat has ended: ${this.#trouble.trim().slice(-500)}`;
      for (const answer of this.#answers.splice(0)) answer({ trouble, usable: false });
      this.#usable = false;
    };
    running.ended.then(gone, gone);
  }

  /** Settles when the browser's window is there. */
  static async open(
    network: Network,
    around: Surroundings,
    kind: string,
    options: SeatOptions,
    address: string,
  ): Promise<Seat> {
    const client = await addClient(network, { address });
    const [command = '', ...args] = [...client.inside, process.execPath, program, JSON.stringify(options)];
    const running = start(command, args, {
      stdin: 'pipe',
      stderr: 'pipe',
      cwd: around.folder,
      env: { PATH: process.env.PATH, HOME: around.folder, LANG: 'C.UTF-8' },
    });
    const seat = new Seat(kind, client, running);
    const ready = await within(90_000, `Starting ${kind}`, seat.#answer()).catch((error: unknown) => ({
      trouble: String(error),
      usable: false,
    }));
    if (ready.trouble === undefined) return seat;
    await seat.close();
    throw new Error(`${kind} did not start: ${ready.trouble}`);
  }

  get usable(): boolean {
    return this.#usable;
  }

  async move(address: string): Promise<void> {
    if (this.#client.address !== address) await moveClient(this.#client, { address });
  }

  async visit(order: VisitOrder): Promise<VisitOutcome> {
    const answer = this.#answer();
    this.#running.process.stdin?.write(`${JSON.stringify(order)}\n`);
    const outcome = await within(order.patienceMs + 45_000, 'The seat', answer).catch((error: unknown) => ({
      trouble: String(error),
      usable: false,
    }));
    this.#usable &&= outcome.usable;
    return outcome;
  }

  async close(): Promise<void> {
    this.#usable = false;
    await this.#running.stop(4000);
    await removeClient(this.#client);
  }

  #answer(): Promise<VisitOutcome> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  #receive(line: string): void {
    if (line.startsWith('{')) this.#answers.shift()?.(JSON.parse(line) as VisitOutcome);
  }
}
