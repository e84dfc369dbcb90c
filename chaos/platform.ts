import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectStore, loadReferenceData, migrate, readStorePassword, type Store } from '@ja4/store';
import type { SenderClocks, SenderOrder } from './sender.ts';
import { Supervised } from './supervised.ts';

const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));
const senderProgram = fileURLToPath(new URL('./sender.ts', import.meta.url));

export interface PlatformOptions {
  /** Everything lies below it. */
  readonly folder: string;
  /** Two ports above it are taken, too. */
  readonly port: number;
  readonly senders: number;
  /** Events per second of all senders together. */
  readonly perSecond: number;
  readonly random: () => number;
  readonly onTrouble: (text: string) => void;
}

interface Sender {
  readonly slot: number;
  child: ChildProcess;
  serverId: string;
}

/** The platform's own services and their senders, as processes. */
export class Platform {
  readonly store: Supervised;
  readonly correlator: Supervised;
  readonly spoolDir: string;
  readonly ledgerDir: string;
  readonly #options: PlatformOptions;
  readonly #senders: Sender[] = [];
  readonly #serverIds: string[] = [];
  #clocks: SenderClocks = { httpOffsetMs: 0, networkOffsetMs: 0 };

  constructor(options: PlatformOptions) {
    const { folder, port, onTrouble } = options;
    this.#options = options;
    this.spoolDir = join(folder, 'data', 'spool');
    this.ledgerDir = join(folder, 'ledger');
    const config = join(folder, 'ja4.json');
    // JSON is YAML too.
    writeFileSync(
      config,
      JSON.stringify({
        data_dir: join(folder, 'data'),
        sockets: { dir: join(folder, 'run') },
        services: { health_port: port + 1 },
        store: { port },
        log: { level: 'error' },
      }),
    );
    for (const name of ['data/spool', 'run', 'ledger'])
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    const service = (name: string) =>
      new Supervised({ name, args: [program, name, '--config', config], onTrouble });
    this.store = service('store');
    this.correlator = service('correlator');
  }

  /** Every sender that there ever was. */
  get serverIds(): readonly string[] {
    return this.#serverIds;
  }

  get senders(): number {
    return this.#senders.length;
  }

  /** With the tables in place and events flowing. */
  async start(): Promise<void> {
    this.store.start();
    await this.store.ready();
    if (!this.store.isRunning) throw new Error('the store does not start');
    const store = this.connect();
    await migrate(store);
    await loadReferenceData(store);
    await store.close();
    this.correlator.start();
    await this.correlator.ready();
    for (let slot = 0; slot < this.#options.senders; slot++) this.#senders.push(this.#startSender(slot));
  }

  connect(): Store {
    const password = readStorePassword(join(this.#options.folder, 'data', 'store'));
    return connectStore({ url: `http://127.0.0.1:${this.#options.port}`, password });
  }

  /** What the correlator counts; undefined while it does not answer. */
  counters(): Promise<Record<string, number> | undefined> {
    return this.#countersAt(this.#options.port + 2);
  }

  storeCounters(): Promise<Record<string, number> | undefined> {
    return this.#countersAt(this.#options.port + 1);
  }

  async #countersAt(port: number): Promise<Record<string, number> | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
      const { counters } = (await response.json()) as { counters: Record<string, number> };
      return counters;
    } catch {
      // It was killed, or is frozen: the next look will tell.
      return undefined;
    }
  }

  async killSender(index: number): Promise<void> {
    const sender = this.#senders[index];
    if (sender === undefined) return;
    await ended(sender.child, 'SIGKILL');
    this.#senders[index] = this.#startSender(sender.slot);
  }

  setClock(clock: 'http' | 'network', offsetMs: number): void {
    const name = clock === 'http' ? 'httpOffsetMs' : 'networkOffsetMs';
    this.#clocks = { ...this.#clocks, [name]: offsetMs };
    for (const { child } of this.#senders) child.send(this.#clocks);
  }

  /** No event comes any more. */
  async stopSenders(): Promise<void> {
    await Promise.all(this.#senders.splice(0).map(({ child }) => ended(child, 'SIGTERM')));
  }

  /** Whatever still runs. */
  async kill(): Promise<void> {
    await Promise.all(this.#senders.splice(0).map(({ child }) => ended(child, 'SIGKILL')));
    for (const service of [this.correlator, this.store]) {
      service.thaw();
      await service.end('SIGKILL');
    }
  }

  #startSender(slot: number): Sender {
    const { folder, senders, perSecond, random } = this.#options;
    const serverId = `web${slot}.${this.#serverIds.length}`;
    this.#serverIds.push(serverId);
    const order: SenderOrder = {
      socketsDir: join(folder, 'run'),
      ledgerDir: this.ledgerDir,
      serverId,
      net: slot,
      perSecond: perSecond / senders,
      seed: Math.floor(random() * 2 ** 32),
      ...this.#clocks,
    };
    const child = fork(senderProgram, [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { onTrouble } = this.#options;
    child.once('exit', (code, signal) => {
      if (signal === null && code !== 0) onTrouble(`sender ${serverId} ended with status ${code}`);
    });
    return { slot, child, serverId };
  }
}

async function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}
