import { parseNetworkEvent } from '../../packages/correlator/src/event/network-event.ts';
import { networkEventTexts } from '../event-texts.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const arrivalNs = 1_795_000_000e9;

/** What sensors send. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => networkEventTexts.map((text) => Buffer.from(text)),
  run(input) {
    const result = parseNetworkEvent(Buffer.from(input).toString(), arrivalNs);
    if (!result.ok) {
      if (!/^[a-z0-9_]{4,48}$/.test(result.reason)) throw new Error(`not a reason: ${result.reason}`);
      return;
    }
    const again = parseNetworkEvent(JSON.stringify(result.value), arrivalNs);
    if (
      JSON.stringify(again) !==
      JSON.stringify({ ok: true, value: { ...result.value, time_is_arrival: false } })
    )
      throw new Error('written and read again it is another');
    if (Math.abs(result.value.timestamp - arrivalNs) > 31 * 86_400e9) throw new Error('the time is absurd');
  },
};
