import { parseHttpEvent } from '../../packages/correlator/src/event/dialect.ts';
import { maxEventLength } from '../../packages/correlator/src/event/event-text.ts';
import { httpParseOptions } from '../../packages/correlator/src/event/http-event.ts';
import { httpEventTexts } from '../event-texts.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const options = httpParseOptions(['x-session']);
const arrivalNs = 1_795_000_000e9;

/** What web servers send, in every dialect. */
export const target: FuzzTarget = {
  longest: 4096,
  seeds: () => httpEventTexts.map((text) => Buffer.from(text)),
  run(input) {
    const text = Buffer.from(input).toString();
    const result = parseHttpEvent(text, options, arrivalNs);
    if (!result.ok) {
      if (!/^[a-z0-9_]{4,48}$/.test(result.reason)) throw new Error(`not a reason: ${result.reason}`);
      return;
    }
    const event = result.value;
    const { columns, others, denied, dropped } = event.headers;
    const names = Object.keys(others);
    if (names.length > 64 || denied < 0 || dropped < 0) throw new Error('headers are not bounded');
    if (Object.hasOwn(others, 'x-session') || Object.hasOwn(others, 'cookie'))
      throw new Error('a denied header is kept');
    for (const value of [...Object.values(event), ...Object.values(columns), ...Object.values(others)]) {
      if (typeof value === 'string' && value.length > maxEventLength)
        throw new Error('a text is not bounded');
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a number is not finite');
    }
    if (Math.abs(event.timestamp - arrivalNs) > 31 * 86_400e9) throw new Error('the time is absurd');
  },
};
