import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SenderSequences } from './sequence.ts';

function follow(numbers: readonly number[], sender = 'web1'): SenderSequences {
  const sequences = new SenderSequences();
  for (const [index, seq] of numbers.entries()) sequences.see(sender, seq, undefined, index);
  return sequences;
}

const lostAfterAll = (sequences: SenderSequences): number => {
  sequences.advance(1e9);
  return sequences.counters().seq_lost ?? -1;
};

describe("the senders' counters", () => {
  it('find nothing wrong with numbers that follow each other', () => {
    expect(lostAfterAll(follow([500, 501, 502, 503]))).toBe(0);
  });

  it('find what is missing, after some patience', () => {
    const sequences = follow([1, 2, 6, 7]);
    sequences.advance(4_000);
    expect(sequences.counters()).toMatchObject({ seq_lost: 0 });
    sequences.advance(6_000);
    expect(sequences.counters()).toMatchObject({ seq_lost: 3 });
  });

  it('wait for events that were overtaken', () => {
    expect(lostAfterAll(follow([1, 4, 2, 5, 3, 7, 6]))).toBe(0);
  });

  it('count in full what fills a gap only in part', () => {
    expect(lostAfterAll(follow([1, 10, 5]))).toBe(7);
  });

  it('do not take the start of a sender for a loss', () => {
    expect(lostAfterAll(follow([123_456, 123_457]))).toBe(0);
  });

  it('understand that a sender which counts from the start again was restarted', () => {
    const sequences = follow([5_000, 5_001, 0, 1, 2]);
    expect(lostAfterAll(sequences)).toBe(0);
    expect(sequences.counters()).toMatchObject({ sender_restarts: 1 });
  });

  it('keep losses from before a restart', () => {
    const sequences = follow([5_000, 5_003, 1, 2, 4]);
    expect(lostAfterAll(sequences)).toBe(3);
  });

  it('do not take an event that comes after its loss was counted for a restart', () => {
    const sequences = follow([4_000, 4_002]);
    sequences.advance(10_000);
    sequences.see('web1', 4_001, undefined, 10_001);
    sequences.see('web1', 4_003, undefined, 10_002);
    expect(lostAfterAll(sequences)).toBe(1);
    expect(sequences.counters()).toMatchObject({ sender_restarts: 0, seq_late: 1 });
  });

  it('add up what the senders themselves dropped, over restarts', () => {
    const sequences = new SenderSequences();
    sequences.see('web1', 500, 3, 0);
    sequences.see('web1', 502, 7, 0);
    sequences.see('web1', 501, 5, 0);
    sequences.see('web2', 9, 2, 0);
    sequences.see('web1', 0, 0, 0);
    sequences.see('web1', 1, 1, 0);
    expect(sequences.counters()).toMatchObject({ sender_dropped: 7 + 1 + 2, senders: 2 });
  });

  it('follow a bounded number of senders', () => {
    const sequences = new SenderSequences();
    for (let i = 0; i < 1_000; i++) sequences.see(`web${i}`, 1, 0, 0);
    expect(sequences.counters()).toMatchObject({ senders: 256, senders_over_limit: 744 });
  });

  it('give the place of a silent sender to another, and count its drops once', () => {
    const sequences = new SenderSequences();
    sequences.see('gone', 1, 5, 0);
    for (let i = 0; i < 255; i++) sequences.see(`web${i}`, 1, 0, 500_000);
    sequences.see('early', 1, 0, 599_999);
    expect(sequences.counters()).toMatchObject({ senders_over_limit: 1, senders_forgotten: 0 });
    sequences.see('new', 1, 2, 600_000);
    expect(sequences.counters()).toMatchObject({ senders: 256, senders_forgotten: 1, sender_dropped: 7 });
    sequences.see('gone', 9, 6, 1_200_000);
    expect(sequences.counters()).toMatchObject({ senders_forgotten: 2, sender_dropped: 8, seq_lost: 0 });
  });

  it('forget a sender that was silent for a day, and what it had dropped stays counted', () => {
    const sequences = follow([1, 2, 5]);
    sequences.see('web2', 1, 3, 0);
    sequences.advance(86_400_003);
    expect(sequences.counters()).toMatchObject({ senders: 0, sender_dropped: 3, seq_lost: 2 });
    sequences.see('web2', 1, 1, 86_400_004);
    expect(sequences.counters()).toMatchObject({ senders: 1, sender_dropped: 4, sender_restarts: 0 });
  });

  it('go on after a stop as if there had been none', () => {
    const before = new SenderSequences();
    for (const seq of [10, 11, 15]) before.see('web1', seq, 4, 1_000);
    const after = new SenderSequences();
    after.restore(before.all(2_000), true, 50_000);
    after.see('web1', 13, 4, 50_100);
    after.see('web1', 18, 6, 50_100);
    after.advance(60_000);
    expect(after.counters()).toMatchObject({ seq_lost: 4, seq_lost_over_kill: 0, sender_dropped: 6 });
  });

  it('tell what is missing around a kill apart, once', () => {
    const before = new SenderSequences();
    before.see('web1', 10, 0, 1_000);
    expect(before.takeChanged(1_000)).toMatchObject([{ name: 'web1', highest: 10 }]);
    expect(before.takeChanged(1_000)).toEqual([]);
    const after = new SenderSequences();
    after.restore(before.all(1_000), false, 0);
    for (const seq of [15, 16, 18]) after.see('web1', seq, 0, 10);
    after.advance(10_000);
    expect(after.counters()).toMatchObject({ seq_lost_over_kill: 4, seq_lost: 1, sender_restarts: 0 });
  });

  it('count exactly what is missing, however the rest is shuffled a little', () => {
    const picture = fc.record({
      missing: fc.uniqueArray(fc.integer({ min: 2, max: 198 }), { maxLength: 50 }),
      swaps: fc.array(fc.nat(195), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(picture, ({ missing, swaps }) => {
        const base = 10_000;
        const sent = Array.from({ length: 200 }, (_, i) => i).filter((i) => !missing.includes(i));
        for (const at of swaps) {
          const [a, b] = [sent[at], sent[at + 1]];
          // The first number must stay first: what came before it was never seen.
          if (at > 0 && a !== undefined && b !== undefined) [sent[at], sent[at + 1]] = [b, a];
        }
        const sequences = follow(sent.map((i) => base + i));
        expect(lostAfterAll(sequences)).toBe(missing.length);
      }),
    );
  });
});
