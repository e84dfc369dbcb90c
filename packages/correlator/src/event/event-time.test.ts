import { describe, expect, it } from 'vitest';
import { parseHttpEvent } from './dialect.ts';
import { httpParseOptions } from './http-event.ts';
import { parseNetworkEvent } from './network-event.ts';

const arrivalNs = 1_795_000_000e9;
const dayNs = 86_400e9;
const options = httpParseOptions();

const peer = { src_ip: '198.18.16.5', src_port: 40_000 };
const request = { ...peer, method: 'GET', path: '/', duration_ms: 250 };
const handshake = { ...peer, transport: 'tcp', ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd' };

describe('the time of a live event', () => {
  it.each([
    ['zero', 0],
    ['before 1970', -5],
    ['years off', arrivalNs - 400 * dayNs],
    ['older than 30 days', arrivalNs - 30 * dayNs - 1e9],
    ['more than a day ahead', arrivalNs + dayNs + 1e9],
    ['in seconds', arrivalNs / 1e9],
    ['in milliseconds', arrivalNs / 1e6],
    ['no finite number', '1e999'],
  ])('that is %s is replaced by that of its arrival', (_what, timestamp) => {
    const given = `{"timestamp":${timestamp},`;
    expect(parseHttpEvent(given + JSON.stringify(request).slice(1), options, arrivalNs)).toMatchObject({
      ok: true,
      value: { timestamp: arrivalNs - 250e6, time_is_arrival: true },
    });
    expect(parseNetworkEvent(given + JSON.stringify(handshake).slice(1), arrivalNs)).toMatchObject({
      ok: true,
      value: { timestamp: arrivalNs, time_is_arrival: true },
    });
  });

  it.each([-29 * dayNs, -1, 0, 1e9, dayNs - 1e9])('that lies %d ns from its arrival stays', (offset) => {
    const timestamp = arrivalNs + offset;
    const live = { ok: true, value: { timestamp, time_is_arrival: false } };
    expect(parseHttpEvent(JSON.stringify({ ...request, timestamp }), options, arrivalNs)).toMatchObject(live);
    expect(parseNetworkEvent(JSON.stringify({ ...handshake, timestamp }), arrivalNs)).toMatchObject(live);
  });

  it('is required all the same', () => {
    const reason = (text: string) => parseHttpEvent(text, options, arrivalNs);
    expect(reason(JSON.stringify(request))).toEqual({ ok: false, reason: 'missing_timestamp' });
    expect(reason(JSON.stringify({ ...request, timestamp: 'now' }))).toEqual({
      ok: false,
      reason: 'wrong_type_timestamp',
    });
  });

  it('is that of its arrival when the request is said to have taken longer than a month', () => {
    const text = JSON.stringify({ ...request, timestamp: 0, duration_ms: 1e15 });
    expect(parseHttpEvent(text, options, arrivalNs)).toMatchObject({ value: { timestamp: arrivalNs } });
  });
});

it('the absurd time of a recorded event is refused: its arrival says nothing', () => {
  const refused = { ok: false, reason: 'bad_timestamp' };
  expect(parseHttpEvent(JSON.stringify({ ...request, timestamp: 5 }))).toEqual(refused);
  expect(parseNetworkEvent(JSON.stringify({ ...handshake, timestamp: 5 }))).toEqual(refused);
});
