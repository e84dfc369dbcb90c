import { AddressSet } from '../event/address-set.ts';
import type { JoinFilters } from './join-options.ts';

/** Whose events are taken, and whose word about a visitor's address counts. */
export class TrafficFilter {
  readonly #excluded: AddressSet;
  readonly #proxies: AddressSet;
  readonly #ports: ReadonlySet<number>;

  /** @throws Error `JA4_BAD_ADDRESS` when a configured address is none. */
  constructor({ excludeSourceIps, includeDestPorts, trustedProxies }: JoinFilters) {
    this.#excluded = new AddressSet(excludeSourceIps);
    this.#proxies = new AddressSet(trustedProxies);
    this.#ports = new Set(includeDestPorts);
  }

  excludesSource(address: string): boolean {
    return this.#excluded.has(address);
  }

  /** An unknown port is not excluded: what cannot be told must not disappear. */
  excludesPort(port: number | undefined): boolean {
    return this.#ports.size > 0 && port !== undefined && !this.#ports.has(port);
  }

  trusts(proxy: string): boolean {
    return this.#proxies.has(proxy);
  }
}
