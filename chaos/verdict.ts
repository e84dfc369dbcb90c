import type { Store } from '@ja4/store';
import { eventState, type Ledger } from './ledger.ts';
import type { SpooledRow } from './spool-watch.ts';

/** A time at which the correlator ended without being asked, and what it may have taken with it. */
export interface CorrelatorKill {
  readonly atMs: number;
  /** The most events that sockets, memory and the frame being written may have held. */
  readonly held: number;
}

export interface Evidence {
  readonly ledgers: ReadonlyMap<string, Ledger>;
  readonly spooled: readonly SpooledRow[];
  readonly stored: readonly StoredSender[];
  /** In order. */
  readonly kills: readonly CorrelatorKill[];
}

/** What the store has of a sender. */
export interface StoredSender {
  readonly serverId: string;
  readonly seqs: readonly number[];
  /** How often each of them is there. */
  readonly counts: readonly number[];
  /** `dropped_total` of its last event. */
  readonly lastDropped: number;
}

export interface Verdict {
  readonly made: number;
  /** The kernel took them. */
  readonly sent: number;
  readonly refused: number;
  /** Their sender was killed while it sent them, and they did not arrive. */
  readonly cutShort: number;
  readonly accepted: number;
  readonly stored: number;
  /** Sent, and neither accepted nor refused. */
  readonly lost: number;
  /** Of the lost ones, those that numbers missing in the store show; the rest are a sender's very last. */
  readonly lostShown: number;
  readonly mostLostByOneKill: { readonly lost: number; readonly held: number };
  /** What must not be; empty when all is well. */
  readonly violations: readonly string[];
}

const times = { accepted: 1, twice: 2 } as const;

/** Compares what was sent, what the spool accepted and what the store has. */
export function judge({ ledgers, spooled, stored, kills }: Evidence): Verdict {
  const violations: string[] = [];
  const claim = (count: number, text: string) => {
    if (count > 0) violations.push(`${count} ${text}`);
  };
  const accepted = new Map<string, Uint8Array>();
  for (const [serverId, { states }] of ledgers) accepted.set(serverId, new Uint8Array(states.length));
  let strangers = 0;
  let spooledTwice = 0;
  for (const { serverId, seq } of spooled) {
    const seen = accepted.get(serverId);
    if (seen === undefined || seq >= seen.length) strangers++;
    else if (seen[seq] === 0) seen[seq] = times.accepted;
    else spooledTwice++;
  }
  claim(strangers, 'rows in the spool were never sent');
  claim(spooledTwice, 'rows are in the spool twice');

  let doubled = 0;
  let unaccepted = 0;
  let storedRows = 0;
  const inStore = new Map<string, Uint8Array>();
  for (const { serverId, seqs, counts } of stored) {
    const seen = accepted.get(serverId) ?? new Uint8Array();
    const here = new Uint8Array(seen.length);
    for (const [index, seq] of seqs.entries()) {
      storedRows += counts[index] ?? 0;
      if ((counts[index] ?? 0) > 1) doubled++;
      if (seen[seq] === undefined || seen[seq] === 0) unaccepted++;
      here[seq] = 1;
    }
    inStore.set(serverId, here);
  }
  claim(doubled, 'rows are in the store more than once');
  claim(unaccepted, 'rows are in the store that the spool never held');

  const totals = { made: 0, sent: 0, refused: 0, cutShort: 0, accepted: 0, missing: 0, refusedButStored: 0 };
  let lost = 0;
  let lostShown = 0;
  let wrongDropped = 0;
  const lostByKill = kills.map(() => 0);
  let lostWithoutKill = 0;
  for (const [serverId, ledger] of ledgers) {
    const { states } = ledger;
    const seen = accepted.get(serverId) ?? new Uint8Array();
    const here = inStore.get(serverId) ?? new Uint8Array(seen.length);
    const lastStored = here.lastIndexOf(1);
    let refusedBefore = 0;
    for (let seq = 0; seq < states.length; seq++) {
      const isAccepted = seen[seq] !== 0;
      if (isAccepted) totals.accepted++;
      if (isAccepted && here[seq] !== 1) totals.missing++;
      if (states[seq] !== eventState.none) totals.made++;
      if (states[seq] === eventState.open && !isAccepted) totals.cutShort++;
      if (states[seq] === eventState.refused) {
        totals.refused++;
        if (seq < lastStored) refusedBefore++;
        if (isAccepted) totals.refusedButStored++;
      }
      if (states[seq] !== eventState.sent) continue;
      totals.sent++;
      if (isAccepted) continue;
      lost++;
      if (seq < lastStored) lostShown++;
      const at = kills.findIndex(({ atMs }) => atMs >= ledger.sentMs(seq));
      if (at < 0) lostWithoutKill++;
      else lostByKill[at] = (lostByKill[at] ?? 0) + 1;
    }
    const said = stored.find((each) => each.serverId === serverId)?.lastDropped;
    if (said !== undefined && said !== refusedBefore) wrongDropped++;
  }
  claim(totals.missing, 'rows that the spool accepted are not in the store');
  claim(totals.refusedButStored, 'events that the kernel refused were accepted');
  claim(lostWithoutKill, 'events were lost though no correlator was killed after they were sent');
  claim(wrongDropped, 'senders whose dropped_total in the store is not what they could not send');

  let worst = { lost: 0, held: kills[0]?.held ?? 0 };
  let above = 0;
  for (const [index, { held }] of kills.entries()) {
    const here = lostByKill[index] ?? 0;
    if (here > held) above++;
    if (here > worst.lost) worst = { lost: here, held };
  }
  claim(above, 'kills of the correlator took more than sockets, memory and an open frame can hold');
  const { made, sent, refused, cutShort } = totals;
  return {
    ...{ made, sent, refused, cutShort, accepted: totals.accepted, stored: storedRows },
    ...{ lost, lostShown, mostLostByOneKill: worst, violations },
  };
}

/** What the store has of every sender. */
export async function readStored(store: Store): Promise<StoredSender[]> {
  const result = await store.client.query({
    query: `
      SELECT server_id, groupArray(seq) AS seqs, groupArray(n) AS counts, argMax(dropped, seq) AS lastDropped
      FROM
      (
          SELECT server_id, seq, count() AS n, max(dropped_total) AS dropped
          FROM ${store.databases.logs}.http_logs GROUP BY server_id, seq ORDER BY seq
      )
      GROUP BY server_id`,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const rows = await result.json<{
    server_id: string;
    seqs: number[];
    counts: number[];
    lastDropped: number;
  }>();
  return rows.map(({ server_id, ...rest }) => ({ serverId: server_id, ...rest }));
}
