import { join } from 'node:path';
import { clients } from '../clients/clients.ts';
import { type ClientKind, isProgram, type Surroundings } from '../clients/kind.ts';
import type { ClientRun, LabelledTime } from '../clients/run-client.ts';
import type { Network } from '../network.ts';
import { randomFrom } from '../random.ts';
import { habits } from './habits.ts';
import { Seat } from './seat.ts';
import { type Seating, seatOf, type VisitOrder } from './seating.ts';

/** Visits after which a browser is started anew, as people do too, so that none grows for ever. */
const visitsPerStart = 40;

const windows: readonly (readonly [width: number, height: number])[] = [
  ...([
    [1280, 720],
    [1366, 768],
    [1366, 768],
    [1440, 900],
  ] as const),
  ...([
    [1536, 864],
    [1536, 864],
    [1600, 900],
    [1920, 1080],
    [1024, 768],
    [1180, 820],
  ] as const),
];

function numberFrom(text: string): number {
  let sum = 0;
  for (const character of text) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0;
  return sum;
}

const guestOf = (order: ClientRun) => `${order.client}-${order.profile}`;

interface Waiting {
  readonly order: ClientRun;
  readonly seating: Seating;
  readonly resolve: (labelled: LabelledTime) => void;
  readonly reject: (error: unknown) => void;
}

interface Place {
  readonly kind: string;
  /** The browser's own folder. */
  readonly home: string;
  readonly seat: Promise<Seat>;
  busy: boolean;
  visits: number;
  /** When it was left, in visits of all seats. */
  left: number;
}

/**
 * The browsers that people sit at. Starting one costs seconds of CPU, so at most `places` run at a time and are
 * used by one visitor after the other, each from their own address and with their own or a fresh profile.
 */
export class Seats {
  readonly #network: Network;
  readonly #around: Surroundings;
  readonly #count: number;
  readonly #report: (line: string) => void;
  readonly #places: Place[] = [];
  readonly #line: Waiting[] = [];
  /** Where a person with a profile sat last: some browsers keep guests' data in their own folder. */
  readonly #homes = new Map<string, string>();
  /** Folders, by kind, whose browser does not run at present. */
  readonly #spareHomes = new Map<string, string[]>();
  #visits = 0;
  #made = 0;
  #closed = false;

  constructor(
    network: Network,
    around: Surroundings,
    options: { places: number; report?: (line: string) => void },
  ) {
    this.#network = network;
    this.#around = around;
    this.#count = options.places;
    this.#report = options.report ?? (() => undefined);
  }

  /**
   * Lets somebody sit down when there is room, and tells when they have gone, connections and all. What went
   * wrong is in `stderr` with exit code 1; it rejects only when no browser starts.
   */
  visit(order: ClientRun): Promise<LabelledTime> {
    const kind: ClientKind = clients[order.client];
    if (isProgram(kind)) throw new Error(`${order.client} is a program and needs no seat.`);
    return new Promise((resolve, reject) => {
      this.#line.push({ order, seating: kind.seat, resolve, reject });
      this.#fill();
    });
  }

  /** Ends all browsers; whoever still waits is turned away. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#line.splice(0)) reject(new Error('The seats are closed.'));
    await Promise.all(this.#places.splice(0).map((place) => this.#end(place, false)));
  }

  async #end(place: Place, keepHome: boolean): Promise<void> {
    const seat = await place.seat.catch(() => undefined);
    await seat?.close();
    if (keepHome) this.#spareHomes.set(place.kind, [...(this.#spareHomes.get(place.kind) ?? []), place.home]);
  }

  #fill(): void {
    for (const waiting of [...this.#line]) {
      const place = this.#closed ? undefined : this.#placeFor(waiting);
      if (!place) continue;
      this.#line.splice(this.#line.indexOf(waiting), 1);
      place.busy = true;
      void this.#serve(place, waiting);
    }
  }

  #placeFor({ order, seating }: Waiting): Place | undefined {
    const kind = seatOf(seating);
    const home = this.#homes.get(guestOf(order));
    const free = this.#places.filter((place) => place.kind === kind && !place.busy);
    const place = free.find((one) => one.home === home) ?? free[0];
    if (place) return place;
    if (this.#places.length < this.#count) return this.#add(kind, seating, order);
    const wanted = new Set(this.#line.map((other) => seatOf(other.seating)));
    const idle = this.#places.filter((place) => !place.busy).sort((a, b) => a.left - b.left);
    const spare = idle.find((place) => !wanted.has(place.kind)) ?? idle[0];
    if (!spare) return undefined;
    this.#places.splice(this.#places.indexOf(spare), 1);
    return this.#add(kind, seating, order, this.#end(spare, true));
  }

  #add(kind: string, seating: Seating, order: ClientRun, after: Promise<void> = Promise.resolve()): Place {
    const spare = this.#spareHomes.get(kind) ?? [];
    const known = spare.indexOf(this.#homes.get(guestOf(order)) ?? '');
    const fresh = join(this.#around.folder, 'seats', `${kind}-${this.#made++}`);
    const home = spare.splice(Math.max(0, known), 1)[0] ?? fresh;
    const { browser, http1 = false } = seating;
    const options = { browser, http1, home, authority: this.#around.authority };
    const seat = after.then(() => Seat.open(this.#network, this.#around, kind, options, order.address));
    seat.catch(() => undefined);
    const place = { kind, home, seat, busy: false, visits: 0, left: 0 };
    this.#places.push(place);
    return place;
  }

  #orderFor({ order, seating }: Waiting): VisitOrder {
    const random = randomFrom(order.seed);
    const [width, height] = randomFrom(numberFrom(order.profile ?? String(order.seed))).pick(windows);
    const profile = order.profile;
    return {
      guest: {
        ...(profile ? { profile: join(this.#around.folder, 'profiles', guestOf(order)) } : {}),
        privately: seating.privately ?? false,
        language: order.language ?? 'en-US,en',
        scripts: seating.scripts ?? true,
        http1: seating.http1 ?? false,
        width,
        height,
      },
      journey: seating.journey ?? order.persona ?? random.pick(habits),
      seed: order.seed,
      speed: this.#around.speed,
      patienceMs: order.patienceMs ?? 180_000,
    };
  }

  async #serve(place: Place, waiting: Waiting): Promise<void> {
    const { order } = waiting;
    let usable = false;
    try {
      const seat = await place.seat;
      if (!seat.usable) return await this.#giveUp(place, waiting);
      await seat.move(order.address);
      const from = new Date();
      if (order.profile !== undefined) this.#homes.set(guestOf(order), place.home);
      const outcome = await seat.visit(this.#orderFor(waiting));
      const { label } = clients[order.client];
      const exitCode = outcome.trouble === undefined ? 0 : 1;
      const times = { address: order.address, from, to: new Date() };
      waiting.resolve({ ...times, label, client: order.client, exitCode, stderr: outcome.trouble ?? '' });
      usable = seat.usable;
    } catch (error) {
      waiting.reject(error);
    }
    place.busy = false;
    place.left = ++this.#visits;
    if (!usable || ++place.visits >= visitsPerStart) await this.#retire(place, usable);
    this.#fill();
  }

  /** The browser died while nobody sat there: somebody else's turn is not lost by that. */
  async #giveUp(place: Place, waiting: Waiting): Promise<void> {
    this.#line.unshift(waiting);
    await this.#retire(place, false);
    this.#fill();
  }

  async #retire(place: Place, usable: boolean): Promise<void> {
    const at = this.#places.indexOf(place);
    if (at < 0) return;
    if (!usable) this.#report(`a seat with ${place.kind} had to be given up`);
    this.#places.splice(at, 1);
    await this.#end(place, usable);
  }
}
