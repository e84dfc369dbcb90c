import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossesOf } from './losses.ts';
import { serviceStates } from './pipeline.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();
const span = { from: new Date(at(0)), to: new Date(at(30)) };
const run = (
  started: number,
  first: Record<string, number>,
  last: Record<string, number>,
  lastReport = 20,
) => ({
  service: 'correlator',
  instance: 'host:1',
  run_started_at: at(started),
  first_report: at(1),
  last_report: at(lastReport),
  first_counters: first,
  last_counters: last,
});

describe('what a service counted within a range', () => {
  it('is everything since its start when it started within', () => {
    expect(serviceStates([run(1, { rows_stored: 4 }, { rows_stored: 10 })], span)[0]?.counted).toEqual({
      rows_stored: 10,
    });
  });

  it('leaves out what it had counted before', () => {
    expect(serviceStates([run(-60, { rows_stored: 4 }, { rows_stored: 10 })], span)[0]?.counted).toEqual({
      rows_stored: 6,
    });
  });

  it('adds up over restarts, and shows queues as they are now', () => {
    const old = run(-60, { rows_stored: 4, rows_waiting: 7 }, { rows_stored: 10, rows_waiting: 2 }, 9);
    const [state] = serviceStates([old, run(10, {}, { rows_stored: 5, rows_waiting: 1 })], span);
    expect(state).toMatchObject({ restarts: 1, instances: 1, counted: { rows_stored: 11, rows_waiting: 1 } });
  });

  it('is one run though its start was measured a millisecond apart', () => {
    const early = {
      ...run(2, { rows_stored: 1 }, { rows_stored: 4 }, 5),
      run_started_at: '2026-03-01T12:01:59.999Z',
    };
    const late = {
      ...run(2, { rows_stored: 5 }, { rows_stored: 9 }),
      run_started_at: '2026-03-01T12:02:00.000Z',
    };
    expect(serviceStates([late, early], span)[0]).toMatchObject({ restarts: 0, counted: { rows_stored: 9 } });
  });

  it('never becomes negative', () => {
    const counters = fc.dictionary(fc.constantFrom('a', 'rows_lost', 'rows_waiting'), fc.nat());
    fc.assert(
      fc.property(counters, counters, fc.integer({ min: -60, max: 30 }), (first, last, started) => {
        const [state] = serviceStates([run(started, first, last)], span);
        for (const value of Object.values(state?.counted ?? {})) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('losses', () => {
  it('have words, and nothing is counted twice', () => {
    expect(
      lossesOf('correlator', {
        seq_lost: 9,
        http_rejected: 5,
        http_rejected_not_json: 5,
        sender_dropped: 4,
        rows_stored: 3,
      }),
    ).toEqual([expect.objectContaining({ counter: 'seq_lost', amount: 9 })]);
  });

  it('are seen of senders without numbers too', () => {
    expect(lossesOf('correlator', { http_rejected: 5, seq_lost: 0 })).toEqual([
      expect.objectContaining({ counter: 'seq_lost', amount: 5 }),
    ]);
  });

  it('are not what only sounds like one', () => {
    expect(
      lossesOf('detector', { models_rejected: 2, headers_dropped: 8, flows_evicted: 3, http_evicted: 1 }),
    ).toEqual([]);
  });

  it('without words of their own are shown by name', () => {
    expect(lossesOf('spool', { spool_lost: 2 })).toEqual([
      { service: 'spool', counter: 'spool_lost', words: 'spool_lost', amount: 2 },
    ]);
  });
});
