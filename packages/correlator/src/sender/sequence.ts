/** Senders whose counters are followed; a sender names itself, so the number must be bounded. */
const maxSenders = 256;

/** How long a missing number may still arrive late, in milliseconds; then it counts as lost. */
const patienceMs = 5_000;

/** Separate gaps per sender that are waited for; more of them count as lost at once. */
const maxGaps = 256;

/** A number that lies this far back at most, and is not near the start, is late; otherwise the sender restarted. */
const lateWithin = 1_000;
const nearStart = 100;

/** Numbers `from` to `to` that did not arrive (yet). */
interface Gap {
  from: number;
  to: number;
  readonly noticedMs: number;
}

interface Sender {
  highest: number;
  gaps: Gap[];
  dropped: number;
  /** What the sender had dropped before it restarted and counted from 0 again. */
  droppedBefore: number;
}

/**
 * Follows the counters that senders put into their events: `seq`, one number per event that a sender made,
 * and `dropped_total`, the events it could not hand over. So losses before the socket are known.
 *
 * Events may overtake each other (several server processes, two sockets), so a gap counts only after some
 * patience. A sender that counts from the start again has been restarted.
 */
export class SenderSequences {
  readonly #senders = new Map<string, Sender>();
  readonly #counts = { seq_lost: 0, seq_late: 0, sender_restarts: 0, senders_over_limit: 0 };

  see(sender: string, seq: number | undefined, droppedTotal: number | undefined, nowMs: number): void {
    let known = this.#senders.get(sender);
    if (known === undefined) {
      if (this.#senders.size >= maxSenders) {
        this.#counts.senders_over_limit++;
        return;
      }
      known = { highest: seq ?? -1, gaps: [], dropped: droppedTotal ?? 0, droppedBefore: 0 };
      this.#senders.set(sender, known);
      return;
    }
    const restarted = seq !== undefined && this.#follow(known, seq, nowMs);
    if (droppedTotal === undefined) return;
    if (restarted) {
      known.droppedBefore += known.dropped;
      known.dropped = droppedTotal;
    } else known.dropped = Math.max(known.dropped, droppedTotal);
  }

  /** Lets time pass: what was missing for too long is lost. */
  advance(nowMs: number): void {
    for (const sender of this.#senders.values()) {
      while (sender.gaps.length > 0 && (sender.gaps[0] as Gap).noticedMs + patienceMs <= nowMs) {
        this.#lose(sender.gaps.shift() as Gap);
      }
    }
  }

  counters(): Record<string, number> {
    let dropped = 0;
    for (const sender of this.#senders.values()) dropped += sender.dropped + sender.droppedBefore;
    return { ...this.#counts, sender_dropped: dropped, senders: this.#senders.size };
  }

  /** Returns whether the sender was restarted. */
  #follow(sender: Sender, seq: number, nowMs: number): boolean {
    if (seq > sender.highest) {
      if (sender.highest >= 0 && seq > sender.highest + 1) {
        sender.gaps.push({ from: sender.highest + 1, to: seq - 1, noticedMs: nowMs });
        if (sender.gaps.length > maxGaps) this.#lose(sender.gaps.shift() as Gap);
      }
      sender.highest = seq;
      return false;
    }
    if (this.#fill(sender, seq)) return false;
    if (seq > nearStart && sender.highest - seq <= lateWithin) {
      this.#counts.seq_late++;
      return false;
    }
    for (const gap of sender.gaps) this.#lose(gap);
    sender.gaps = [];
    sender.highest = seq;
    this.#counts.sender_restarts++;
    return true;
  }

  /** Takes a late number out of its gap. */
  #fill(sender: Sender, seq: number): boolean {
    const at = sender.gaps.findIndex((gap) => gap.from <= seq && seq <= gap.to);
    const gap = sender.gaps[at];
    if (gap === undefined) return false;
    const { from, to, noticedMs } = gap;
    const rest = [
      { from, to: seq - 1, noticedMs },
      { from: seq + 1, to, noticedMs },
    ].filter((part) => part.from <= part.to);
    sender.gaps.splice(at, 1, ...rest);
    return true;
  }

  #lose(gap: Gap): void {
    this.#counts.seq_lost += gap.to - gap.from + 1;
  }
}
