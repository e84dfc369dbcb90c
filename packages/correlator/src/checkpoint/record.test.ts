import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetworkEvent } from '../event/network-event.ts';
import { play } from '../join/situation.test-support.ts';
import {
  endLine,
  handshakeLine,
  readRecord,
  senderLine,
  skewLine,
  timeLine,
  totalsLine,
  useLine,
} from './record.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const count = fc.nat();

describe('a record of the checkpoint', () => {
  it('tells a handshake and its use as they were', () => {
    const { join } = play([
      { at: 0, network: { seen: 0, conn_id: 'n\t1', tls_sni: 'shop.example\n', src_ip: '2001:db8::5' } },
      { at: 20, http: { began: 10, path: '/', conn_id: 'c1', src_ip: '2001:db8::5', duration_ms: 5 } },
    ]);
    const [handshake] = join.held();
    if (handshake === undefined) throw new Error('nothing is held');
    const { id, event, uses, lastUseNs, alone, firstRequest } = handshake;
    const use = { id, uses, lastUseNs, alone, timeIsArrival: false, firstRequest, ageMs: 980 };
    expect(firstRequest).toMatchObject({ conn_id: 'c1', dst_port: 443 });
    expect(readRecord(handshakeLine(handshake, 1_000))).toEqual({ kind: 'handshake', use, event });
    expect(readRecord(useLine(handshake, 1_000))).toEqual({ kind: 'use', use });
    expect(handshakeLine(handshake, 1_000)).not.toContain('\n');
  });

  it('tells that the time of a handshake is that of its arrival', () => {
    const { join } = play([{ at: 5, network: { seen: 0, timestamp: 12 } }]);
    const [handshake] = join.held();
    if (handshake === undefined) throw new Error('nothing is held');
    expect(handshake.event.time_is_arrival).toBe(true);
    expect(readRecord(handshakeLine(handshake, 5))).toMatchObject({ event: handshake.event });
  });

  it('tells any handshake that a sensor can send', () => {
    const fields = fc.record(
      {
        timestamp: fc.integer({ min: 1_500_000_000, max: 4_000_000_000 }).map((s) => s * 1e9),
        transport: fc.constantFrom('tcp', 'udp'),
        src_ip: fc.oneof(fc.ipV4(), fc.ipV6()),
        src_port: fc.integer({ min: 1, max: 65_535 }),
        ja4: text,
        sensor_id: text,
        conn_id: text,
        dst_ip: fc.oneof(fc.ipV4(), fc.ipV6()),
        dst_port: fc.integer({ min: 1, max: 65_535 }),
        has_syn: fc.boolean(),
        ip_meta_ttl: fc.integer({ min: 0, max: 255 }),
        tcp_meta_options: text,
        syn_to_clienthello_ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
        tls_sni: text,
        tls_alpn_offered: fc.array(text, { maxLength: 5 }),
        tls_resumption: fc.boolean(),
        ja4_r: text,
      },
      { requiredKeys: ['timestamp', 'transport', 'src_ip', 'src_port', 'ja4'] },
    );
    fc.assert(
      fc.property(fields, (value) => {
        const parsed = parseNetworkEvent(JSON.stringify(value));
        if (!parsed.ok) throw new Error(parsed.reason);
        const { join } = play([]);
        join.network(parsed.value, 0);
        const [handshake] = join.held();
        if (handshake === undefined) throw new Error('nothing is held');
        expect(readRecord(handshakeLine(handshake, 0))).toMatchObject({
          kind: 'handshake',
          event: handshake.event,
        });
      }),
    );
  });

  it('tells senders, clocks, totals and times as they were', () => {
    const gap = fc.record({ from: count, to: count, ageMs: count });
    const sender = fc.record({
      name: text,
      highest: fc.integer({ min: -1 }),
      dropped: count,
      droppedBefore: fc.integer(),
      idleMs: count,
      gaps: fc.array(gap, { maxLength: 3 }),
    });
    const skew = fc.record({ sensor: text, server: text, skewNs: fc.integer() });
    const moment = fc.record({ wallMs: count, uptimeMs: count, boot: text });
    const totals = fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,19}$/), count, { noNullPrototype: true });
    fc.assert(
      fc.property(sender, skew, moment, totals, fc.boolean(), (state, pair, when, sums, clean) => {
        expect(readRecord(senderLine(state))).toEqual({ kind: 'sender', state });
        expect(readRecord(skewLine(pair))).toEqual({ kind: 'skew', skew: pair });
        expect(readRecord(timeLine(when))).toEqual({ kind: 'time', moment: when });
        expect(readRecord(totalsLine(sums))).toEqual({ kind: 'totals', totals: sums });
        expect(readRecord(endLine(clean))).toEqual({ kind: 'end', clean });
      }),
    );
  });

  it('is refused when it is none, and never throws', () => {
    const line = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom(...'thuskce'), fc.json()).map(([kind, rest]) => kind + rest),
      fc.tuple(fc.json(), fc.json()).map(([use, event]) => `h${use}\t${event}`),
    );
    fc.assert(
      fc.property(line, (given) => {
        const record = readRecord(given);
        if (record !== undefined) expect(given.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
    for (const bad of ['', 'x', 'h[1]', 'h[1,2,3,4,0]\t{}', 'u[1,2]', 's["a",1]', 'k[1]', 'c{"a":"b"}', 't1'])
      expect(readRecord(bad)).toBeUndefined();
  });
});
