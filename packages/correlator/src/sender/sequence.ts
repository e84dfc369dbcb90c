/** Senders whose counters are followed; a sender names itself, so the number must be bounded. */
const maxSenders = 256;

/** How long a missing number may still arrive late, in milliseconds; then it counts as lost. */
const patienceMs = 5_000;

/** Separate gaps per sender that are waited for; more of them count as lost at once. */
const maxGaps = 256;

/** A number that lies this far back at most, and is not near the start, is late; otherwise the sender restarted. */
const lateWithin = 1_000;
const nearStart = 100;

/** A sender unheard of for so long is forgotten, in milliseconds; */
const forgetAfterMs = 24 * 3_600_000;
/** already after this where its place is wanted. */
const replaceAfterMs = 10 * 60_000;
/** Forgotten senders whose drops are remembered, so that they are not counted again if they come back. */
const maxForgotten = 1_024;

/** Numbers `from` to `to` that did not arrive (yet). */
interface Gap {
  from: number;
  to: number;
  readonly noticedMs: number;
  /** Between what was saved before a kill and what came after it: some of it may have been taken. */
  readonly overKill: boolean;
}

interface Sender {
  highest: number;
  gaps: Gap[];
  dropped: number;
  /** What the sender had dropped before it restarted and counted from 0 again. */
  droppedBefore: number;
  seenMs: number;
  /** Saved before a kill, and not heard of since. */
  overKill: boolean;
  /** Since it was last saved. */
  changed: boolean;
}

/** What a restart must know of a sender; ages in milliseconds. */
export interface SenderState {
  readonly name: string;
  readonly highest: number;
  readonly dropped: number;
  readonly droppedBefore: number;
  readonly idleMs: number;
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly ageMs: number }[];
}

/**
 * Follows the counters that senders put into their events: `seq`, one number per event that a sender made,
 * and `dropped_total`, the events it could not hand over. So losses before the socket are known.
 *
 * Events may overtake each other (several server processes, two sockets), so a gap counts only after some
 * patience. A sender that counts from the start again has been restarted. What is missing around a kill of this
 * process counts as `seq_lost_over_kill`: it is an upper bound, because what was taken in the last moment is
 * not known any more.
 */
export class SenderSequences {
  /** The one heard of longest ago comes first. */
  readonly #senders = new Map<string, Sender>();
  /** What forgotten senders had dropped at last. */
  readonly #forgotten = new Map<string, number>();
  #droppedOfForgotten = 0;
  readonly #counts = {
    seq_lost: 0,
    seq_lost_over_kill: 0,
    seq_late: 0,
    sender_restarts: 0,
    senders_over_limit: 0,
    senders_forgotten: 0,
  };

  see(sender: string, seq: number | undefined, droppedTotal: number | undefined, nowMs: number): void {
    const known = this.#senders.get(sender) ?? this.#add(sender, droppedTotal, nowMs);
    if (known === undefined) return;
    known.seenMs = nowMs;
    known.changed = true;
    const restarted = seq !== undefined && this.#follow(known, seq, nowMs);
    if (droppedTotal === undefined) return;
    if (restarted) {
      known.droppedBefore += known.dropped;
      known.dropped = droppedTotal;
    } else known.dropped = Math.max(known.dropped, droppedTotal);
  }

  /** Lets time pass: what was missing for too long is lost, who was not heard of for long is forgotten. */
  advance(nowMs: number): void {
    for (const [name, sender] of this.#senders) {
      while (sender.gaps.length > 0 && (sender.gaps[0] as Gap).noticedMs + patienceMs <= nowMs) {
        this.#lose(sender.gaps.shift() as Gap);
        sender.changed = true;
      }
      if (sender.seenMs + forgetAfterMs <= nowMs) this.#forget(name, sender);
    }
  }

  /** Counts that only grow. What senders dropped is theirs to count, and is not among them. */
  totals(): Record<string, number> {
    return { ...this.#counts };
  }

  /** `totals`, and what senders say now. */
  counters(): Record<string, number> {
    let dropped = this.#droppedOfForgotten;
    for (const sender of this.#senders.values()) dropped += sender.dropped + sender.droppedBefore;
    return { ...this.#counts, sender_dropped: dropped, senders: this.#senders.size };
  }

  /** The senders that changed since the last call. */
  takeChanged(nowMs: number): SenderState[] {
    const states: SenderState[] = [];
    for (const [name, sender] of this.#senders) {
      if (!sender.changed) continue;
      sender.changed = false;
      states.push(state(name, sender, nowMs));
    }
    return states;
  }

  all(nowMs: number): SenderState[] {
    return [...this.#senders].map(([name, sender]) => state(name, sender, nowMs));
  }

  /**
   * Goes on with what an earlier process knew.
   *
   * @param clean it had saved everything when it stopped
   */
  restore(states: Iterable<SenderState>, clean: boolean, nowMs: number): void {
    for (const { name, highest, dropped, droppedBefore, idleMs, gaps } of states) {
      if (this.#senders.size >= maxSenders) return;
      this.#senders.set(name, {
        highest,
        dropped,
        droppedBefore,
        seenMs: nowMs - idleMs,
        overKill: !clean,
        changed: false,
        gaps: gaps
          .slice(0, maxGaps)
          .map(({ from, to, ageMs }) => ({ from, to, noticedMs: nowMs - ageMs, overKill: !clean })),
      });
    }
  }

  #add(name: string, droppedTotal: number | undefined, nowMs: number): Sender | undefined {
    if (this.#senders.size >= maxSenders && !this.#replaceOne(nowMs)) {
      this.#counts.senders_over_limit++;
      return undefined;
    }
    const counted = this.#forgotten.get(name) ?? 0;
    this.#forgotten.delete(name);
    const sender: Sender = {
      highest: -1,
      gaps: [],
      dropped: 0,
      // What it had dropped when it was forgotten is counted already, unless it counts from the start again.
      droppedBefore: droppedTotal !== undefined && droppedTotal >= counted ? -counted : 0,
      seenMs: nowMs,
      overKill: false,
      changed: true,
    };
    this.#senders.set(name, sender);
    return sender;
  }

  /** Makes room for another sender, if there is one that is silent. */
  #replaceOne(nowMs: number): boolean {
    let silent: [string, Sender] | undefined;
    for (const entry of this.#senders) {
      if (silent === undefined || entry[1].seenMs < silent[1].seenMs) silent = entry;
    }
    if (silent === undefined || silent[1].seenMs + replaceAfterMs > nowMs) return false;
    this.#forget(...silent);
    return true;
  }

  #forget(name: string, sender: Sender): void {
    for (const gap of sender.gaps) this.#lose(gap);
    this.#senders.delete(name);
    this.#counts.senders_forgotten++;
    this.#droppedOfForgotten += sender.dropped + sender.droppedBefore;
    this.#forgotten.delete(name);
    this.#forgotten.set(name, sender.dropped);
    if (this.#forgotten.size > maxForgotten) {
      const [oldest] = this.#forgotten.keys();
      if (oldest !== undefined) this.#forgotten.delete(oldest);
    }
  }

  /** Returns whether the sender was restarted. */
  #follow(sender: Sender, seq: number, nowMs: number): boolean {
    const { overKill } = sender;
    sender.overKill = false;
    if (seq > sender.highest) {
      if (sender.highest >= 0 && seq > sender.highest + 1) {
        sender.gaps.push({ from: sender.highest + 1, to: seq - 1, noticedMs: nowMs, overKill });
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
    const rest = [
      { ...gap, to: seq - 1 },
      { ...gap, from: seq + 1 },
    ].filter((part) => part.from <= part.to);
    sender.gaps.splice(at, 1, ...rest);
    return true;
  }

  #lose({ from, to, overKill }: Gap): void {
    this.#counts[overKill ? 'seq_lost_over_kill' : 'seq_lost'] += to - from + 1;
  }
}

function state(name: string, sender: Sender, nowMs: number): SenderState {
  const { highest, dropped, droppedBefore, seenMs, gaps } = sender;
  return {
    name,
    highest,
    dropped,
    droppedBefore,
    idleMs: Math.round(nowMs - seenMs),
    gaps: gaps.map(({ from, to, noticedMs }) => ({ from, to, ageMs: Math.round(nowMs - noticedMs) })),
  };
}
