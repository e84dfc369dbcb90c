import { ipv4Of, ipv6Of, type NetworkKind, type NetworkName, networks, networksOf } from '../address-plan.ts';
import type { Random } from '../random.ts';

/** Where somebody comes from. */
export interface Place {
  readonly network: NetworkName;
  readonly address: string;
}

type Shares = Readonly<Partial<Record<NetworkKind, number>>>;

/** Most people are at home or on a phone; some use a VPN or a desktop in a data centre. */
const ofPeople: Shares = { access: 60, mobile: 18, vpn: 10, hosting: 6, cloud: 6 };
const ofBots: Shares = { access: 46, mobile: 12, vpn: 10, hosting: 17, cloud: 15 };
const ofRobots: Shares = { crawler: 40, cloud: 30, hosting: 20, access: 10 };

/** Addresses that many use: what a carrier's translator or a VPN's exit shows of its customers. */
const exits: Shares = { mobile: 8, vpn: 4 };

/** Of bots in access networks, those in a home that people live in: a neighbour's infected machine, a proxy. */
const atSomebodysHome = 0.6;
const withIpv6 = 0.4;

export interface PlaceOptions {
  /** For programs that cannot speak IPv6. */
  readonly ipv4Only?: boolean;
}

/**
 * Deals out addresses. Who asks decides only the kind of network; the host part is drawn alike for everybody,
 * and people and bots share translators, exits and some homes.
 */
export class Neighbourhood {
  readonly #random: Random;
  readonly #taken = new Set<string>();
  readonly #homes: Place[] = [];
  readonly #exits = new Map<NetworkName, readonly string[]>();

  constructor(random: Random) {
    this.#random = random;
  }

  forPerson(): Place {
    const place = this.#place(this.#kind(ofPeople), {});
    if (networks[place.network].kind === 'access') this.#homes.push(place);
    return place;
  }

  forBot(options: PlaceOptions = {}): Place {
    const kind = this.#kind(ofBots);
    const homes = this.#homes.filter(({ address }) => !options.ipv4Only || !address.includes(':'));
    if (kind === 'access' && homes.length > 0 && this.#random.chance(atSomebodysHome)) {
      return this.#random.pick(homes);
    }
    return this.#place(kind, options);
  }

  forRobot(options: PlaceOptions = {}): Place {
    return this.#place(this.#kind(ofRobots), options);
  }

  #kind(shares: Shares): NetworkKind {
    const entries = Object.entries(shares) as [NetworkKind, number][];
    let left = this.#random.next() * entries.reduce((sum, [, share]) => sum + share, 0);
    const found = entries.find(([, share]) => {
      left -= share;
      return left < 0;
    });
    return found?.[0] ?? 'access';
  }

  #place(kind: NetworkKind, { ipv4Only = false }: PlaceOptions): Place {
    const network = this.#random.pick(networksOf(kind));
    // Phones have IPv6 of their own, or a share of their carrier's IPv4; a VPN's exits are IPv4.
    const six = !ipv4Only && kind !== 'vpn' && this.#random.chance(withIpv6);
    const shared = six ? undefined : exits[kind];
    if (shared !== undefined) return { network, address: this.#random.pick(this.#exitsOf(network, shared)) };
    return { network, address: this.#fresh(network, six) };
  }

  #exitsOf(network: NetworkName, count: number): readonly string[] {
    const known =
      this.#exits.get(network) ?? Array.from({ length: count }, () => this.#fresh(network, false));
    this.#exits.set(network, known);
    return known;
  }

  #fresh(network: NetworkName, six: boolean): string {
    for (;;) {
      const host = this.#random.integer(0, 4093);
      const address = six ? ipv6Of(network, host) : ipv4Of(network, host);
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
  }
}
