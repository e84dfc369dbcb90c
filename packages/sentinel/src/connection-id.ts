import { keyWords } from './flow/flow-table.ts';

/**
 * Names connections with 16 hexadecimal digits: the same for one connection in every reading of the same
 * capture by the same sensor. Two 32-bit lanes of multiply-and-shift over the sensor's name, addresses, ports
 * and the time of the first packet. It keeps connections apart; it is no secret and no proof.
 */
export class ConnectionIds {
  readonly #high: number;
  readonly #low: number;

  constructor(sensorId: string) {
    let high = 0x85ebca6b;
    let low = 0xc2b2ae35;
    for (let i = 0; i < sensorId.length; i++) {
      high = mixHigh(high, sensorId.charCodeAt(i));
      low = mixLow(low, sensorId.charCodeAt(i));
    }
    this.#high = high;
    this.#low = low;
  }

  /**
   * @param keys words of a flow table, the connection's own from `keyAt` on
   * @param startedNs nanoseconds since 1970
   */
  of(keys: Int32Array, keyAt: number, startedNs: number): string {
    let high = this.#high;
    let low = this.#low;
    for (let i = keyAt; i < keyAt + keyWords; i++) {
      high = mixHigh(high, keys[i]!);
      low = mixLow(low, keys[i]!);
    }
    const upper = Math.floor(startedNs / 2 ** 32);
    const lower = startedNs - upper * 2 ** 32;
    high = finish(mixHigh(mixHigh(high, upper), lower | 0));
    low = finish(mixLow(mixLow(low, upper), lower | 0));
    return hex32(high) + hex32(low);
  }
}

/** Odd multipliers of MurmurHash3 (public domain); the lanes differ in them and in the shift. */
function mixHigh(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0xcc9e2d51);
  return mixed ^ (mixed >>> 15);
}

function mixLow(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x1b873593);
  return mixed ^ (mixed >>> 13);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex32(word: number): string {
  return (
    hexBytes[word >>> 24]! +
    hexBytes[(word >>> 16) & 0xff]! +
    hexBytes[(word >>> 8) & 0xff]! +
    hexBytes[word & 0xff]!
  );
}
