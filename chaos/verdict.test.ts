import { describe, expect, it } from 'vitest';
import { eventState } from './ledger.ts';
import { type CorrelatorKill, judge, type StoredSender } from './verdict.ts';

const { sent, refused, open } = eventState;

/** A sender with an event every 10 ms, of which all that were sent were accepted and stored. */
function evidence(states: number[], changes: { lost?: number[]; kills?: CorrelatorKill[] } = {}) {
  const { lost = [], kills = [] } = changes;
  const seqs = states.flatMap((state, seq) => (state === sent && !lost.includes(seq) ? [seq] : []));
  const lastDropped = states.slice(0, seqs.at(-1)).filter((state) => state === refused).length;
  const stored: StoredSender[] = [{ serverId: 'web1', seqs, counts: seqs.map(() => 1), lastDropped }];
  return {
    ledgers: new Map([['web1', { states: Uint8Array.from(states), sentMs: (seq: number) => seq * 10 }]]),
    spooled: seqs.map((seq) => ({ serverId: 'web1', seq })),
    stored,
    kills,
  };
}

const violationsOf = (given: Parameters<typeof judge>[0]) => judge(given).violations;

describe('the verdict', () => {
  it('is clean when what was accepted is stored once, and losses belong to kills', () => {
    const verdict = judge(
      evidence([sent, refused, sent, sent, open, sent], { lost: [2], kills: [{ atMs: 25, held: 1 }] }),
    );
    expect(verdict).toEqual({
      made: 6,
      sent: 4,
      refused: 1,
      cutShort: 1,
      accepted: 3,
      stored: 3,
      lost: 1,
      lostShown: 1,
      mostLostByOneKill: { lost: 1, held: 1 },
      violations: [],
    });
  });

  it('finds a row that was accepted and is not stored', () => {
    const given = evidence([sent, sent, sent]);
    const stored = [{ serverId: 'web1', seqs: [0, 2], counts: [1, 1], lastDropped: 0 }];
    expect(violationsOf({ ...given, stored })).toEqual([
      '1 rows that the spool accepted are not in the store',
    ]);
    expect(violationsOf({ ...given, stored: [] })).toEqual([
      '3 rows that the spool accepted are not in the store',
    ]);
  });

  it('finds a row that is stored twice, or was never accepted', () => {
    const given = evidence([sent, sent, sent]);
    const twice = [{ serverId: 'web1', seqs: [0, 1, 2], counts: [1, 2, 1], lastDropped: 0 }];
    expect(violationsOf({ ...given, stored: twice })).toEqual(['1 rows are in the store more than once']);
    expect(violationsOf({ ...given, spooled: given.spooled.slice(1) })).toContain(
      '1 rows are in the store that the spool never held',
    );
  });

  it('finds a row that is in the spool twice, or that nobody sent', () => {
    const given = evidence([sent, sent]);
    const again = [...given.spooled, { serverId: 'web1', seq: 1 }, { serverId: 'web9', seq: 0 }];
    expect(violationsOf({ ...given, spooled: again })).toEqual([
      '1 rows in the spool were never sent',
      '1 rows are in the spool twice',
    ]);
  });

  it('finds an event that was lost without a kill, or more of them than a kill can take', () => {
    expect(violationsOf(evidence([sent, sent, sent], { lost: [1] }))).toEqual([
      '1 events were lost though no correlator was killed after they were sent',
    ]);
    const kills = [
      { atMs: 5, held: 9 },
      { atMs: 100, held: 1 },
    ];
    expect(violationsOf(evidence([sent, sent, sent, sent], { lost: [1, 2], kills }))).toEqual([
      '1 kills of the correlator took more than sockets, memory and an open frame can hold',
    ]);
  });

  it('finds an event that was accepted though its sender counted it as refused', () => {
    const given = evidence([refused, sent]);
    const stored = [{ serverId: 'web1', seqs: [0, 1], counts: [1, 1], lastDropped: 1 }];
    const spooled = [{ serverId: 'web1', seq: 0 }, ...given.spooled];
    expect(violationsOf({ ...given, spooled, stored })).toEqual([
      '1 events that the kernel refused were accepted',
    ]);
  });
});
