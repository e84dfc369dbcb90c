import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JoinOptions } from './join-options.ts';
import { play, type SituationEvent, situations } from './situation.test-support.ts';

describe('the join', () => {
  it.each(situations())('$name', ({ events, rows, options }) => {
    const found = play(events, options).rows;
    const columns = found.map((row, index) =>
      Object.fromEntries(
        Object.keys(rows[index] ?? { at: 0, path: '' }).map((key) => [key, row[key as keyof typeof row]]),
      ),
    );
    expect(columns).toEqual(rows);
  });

  it('counts what it ignored, and why', () => {
    const events: SituationEvent[] = [
      { at: 0, network: { seen: 0, src_ip: '192.0.2.7' } },
      { at: 1, network: { seen: 0, dst_port: 22 } },
      { at: 2, http: { began: 0, path: '/', src_ip: '192.0.2.7' } },
      { at: 3, http: { began: 0, path: '/', dst_port: 22 } },
      { at: 4, http: { began: 0, path: '/', client_ip: '192.0.2.99' } },
    ];
    const { join } = play(events, { excludeSourceIps: ['192.0.2.7'], includeDestPorts: [443] });
    expect(join.counters()).toMatchObject({
      http_events: 3,
      network_events: 2,
      http_excluded_source: 1,
      http_excluded_port: 1,
      network_excluded_source: 1,
      network_excluded_port: 1,
      client_ip_untrusted: 1,
      http_pending: 1,
      network_held: 0,
    });
  });

  it('says which orphans had a handshake that was not for them', () => {
    const { join } = play([
      { at: 0, network: { seen: 0, conn_id: 'n1' } },
      { at: 1, http: { began: 1, path: '/', conn_id: 'c1' } },
      { at: 2, http: { began: 2, path: '/', conn_id: 'c2' } },
      { at: 3, http: { began: 3, path: '/', conn_id: 'c3', src_port: 1 } },
      { at: 4, flush: true },
    ]);
    expect(join.counters()).toMatchObject({
      rows_correlated: 1,
      rows_orphan_not_eligible: 1,
      rows_orphan_no_handshake: 1,
    });
  });

  it('forgets handshakes a while after their last use', () => {
    const { join } = play(
      [
        { at: 0, network: { seen: 0, conn_id: 'n1' } },
        { at: 10, network: { seen: 0, conn_id: 'n2', src_port: 40_001 } },
        { at: 50_000, http: { began: 49_990, path: '/' } },
        { at: 60_011, advance: true },
      ],
      { retentionS: 60 },
    );
    expect(join.counters()).toMatchObject({
      network_held: 1,
      network_expired: 1,
      network_held_bytes: expect.any(Number),
    });
  });

  it('takes other filters while it runs, and keeps what it holds', () => {
    const scene = play([
      { at: 0, network: { seen: 0, conn_id: 'n1' } },
      { at: 1, http: { began: 1, path: '/waits', src_port: 40_001 } },
    ]);
    const { rows, join } = scene;
    join.refilter({ excludeSourceIps: ['192.0.2.0/24'], includeDestPorts: [443], trustedProxies: [] });
    expect(() =>
      join.refilter({ excludeSourceIps: ['example.com'], includeDestPorts: [], trustedProxies: [] }),
    ).toThrow(expect.objectContaining({ code: 'JA4_BAD_ADDRESS' }));
    scene.feed([
      { at: 2, http: { began: 2, path: '/excluded', src_ip: '192.0.2.7' } },
      { at: 3, http: { began: 3, path: '/other-port', dst_port: 8443 } },
      { at: 4, http: { began: 4, path: '/joined' } },
      { at: 5, network: { seen: 0, conn_id: 'n2', src_port: 40_001 } },
    ]);
    expect(rows.map(({ path, b_conn_id }) => [path, b_conn_id])).toEqual([
      ['/joined', 'n1'],
      ['/waits', 'n2'],
    ]);
    expect(join.counters()).toMatchObject({ http_excluded_source: 1, http_excluded_port: 1 });
  });

  it('refuses an exclusion that is no address, and says how to write one', () => {
    expect(() => play([], { excludeSourceIps: ['example.com'] })).toThrow(/neither an address nor a network/);
  });

  const port = fc.integer({ min: 40_000, max: 40_003 });
  const address = fc.constantFrom('198.18.16.5', '198.18.16.6', '2001:db8:16::5');
  const connection = { src_port: port, src_ip: address, conn_id: fc.constantFrom('', 'c1', 'c2', 'c3') };
  const offset = fc.integer({ min: 0, max: 300_000 });
  const event = fc.oneof(
    fc.record({
      gap: fc.nat(2_000),
      http: fc.record({ began: offset, path: fc.constant('/'), ...connection, duration_ms: fc.nat(9_000) }),
    }),
    fc.record({ gap: fc.nat(2_000), network: fc.record({ seen: offset, ...connection }) }),
    fc.record({ gap: fc.nat(2_000), advance: fc.constant(true as const) }),
  );
  const anyOptions: fc.Arbitrary<Partial<JoinOptions>> = fc.record({
    maxHttpItems: fc.integer({ min: 0, max: 5 }),
    maxNetworkItems: fc.integer({ min: 0, max: 5 }),
    networkEmit: fc.boolean(),
    keepaliveTtlS: fc.integer({ min: 1, max: 120 }),
    retentionS: fc.integer({ min: 1, max: 120 }),
  });

  it('gives exactly one row for every request, whatever comes in whatever order, and stays within its bounds', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), anyOptions, (steps, options) => {
        let at = 0;
        const events = steps.map(({ gap, ...rest }) => {
          at += gap;
          return { at, ...rest } as SituationEvent;
        });
        const { rows, join } = play(events, options);
        const held = join.counters();
        expect(held.http_pending).toBeLessThanOrEqual(options.maxHttpItems ?? 0);
        expect(held.network_held).toBeLessThanOrEqual(options.maxNetworkItems ?? 0);
        join.flush();
        const requests = events.filter((step) => 'http' in step).length;
        expect(rows.filter((row) => row.orphan_side !== 'B')).toHaveLength(requests);
        for (const row of rows) {
          expect(row.correlated === 1).toBe(row.orphan_side === '' && row.b_timestamp > 0);
          if (row.correlated === 1) expect(row.b_timestamp - row.a_timestamp).toBeLessThanOrEqual(250e6);
        }
        if (!options.networkEmit) expect(rows.some((row) => row.orphan_side === 'B')).toBe(false);
        expect(join.counters()).toMatchObject({ http_pending: 0, http_pending_bytes: 0 });
        join.advance(at + 10_000_000);
        expect(join.counters()).toMatchObject({ network_held: 0, network_held_bytes: 0 });
      }),
      { numRuns: 300 },
    );
  });

  const fewConnections = { src_port: fc.integer({ min: 40_000, max: 40_001 }), conn_id: connection.conn_id };
  const soon = fc.integer({ min: 0, max: 20_000 });
  const busyEvent = fc.oneof(
    fc.record({
      gap: fc.nat(2_000),
      http: fc.record({
        began: offset,
        path: fc.constant('/'),
        ...fewConnections,
        duration_ms: fc.nat(9_000),
      }),
    }),
    fc.record({ gap: fc.nat(2_000), network: fc.record({ seen: soon, ...fewConnections }) }),
  );

  it('goes on after a restart, whenever it comes, as if there had been none', () => {
    // Requests that wait are stored at a stop, so none waits here; and latency alone is not to look like a skew.
    const options = { orphanDelayMs: 0, clockToleranceMs: 60_000, maxNetworkItems: 5, keepaliveTtlS: 5 };
    const told = (events: readonly SituationEvent[]) => {
      const scene = play(events, options);
      scene.join.flush();
      return scene.rows.map(({ at: _, ...row }) => row);
    };
    fc.assert(
      fc.property(fc.array(busyEvent, { minLength: 8, maxLength: 40 }), fc.nat(100), (steps, percent) => {
        const restartAfter = Math.floor((steps.length * percent) / 100);
        let at = 0;
        const events = steps.map(({ gap, ...rest }) => {
          at += gap;
          return { at, ...rest } as SituationEvent;
        });
        const before = events.slice(0, restartAfter);
        const restart = { at: before.at(-1)?.at ?? 0, restart: true } as const;
        expect(told([...before, restart, ...events.slice(restartAfter)])).toEqual(told(events));
      }),
      { numRuns: 200 },
    );
  });

  it('is deterministic', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), anyOptions, (steps, options) => {
        const events = steps.map(
          ({ gap, ...rest }, index) => ({ at: gap * index, ...rest }) as SituationEvent,
        );
        expect(play(events, options).rows).toEqual(play(events, options).rows);
      }),
      { numRuns: 50 },
    );
  });
});
