import { mkdir, rename, rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ChangedHandshakes } from '../join/changed-handshakes.ts';
import type { Handshake } from '../join/handshake.ts';
import type { Join } from '../join/join.ts';
import type { SenderSequences } from '../sender/sequence.ts';
import { FrameWriter } from './frame-writer.ts';
import { type Moment, momentNow } from './moment.ts';
import { checkpointFiles, readCheckpoint } from './read-checkpoint.ts';
import { endLine, handshakeLine, senderLine, skewLine, timeLine, totalsLine, useLine } from './record.ts';

/** What a restart must not forget. */
interface Checkpointed {
  readonly join: Join;
  readonly sequences: SenderSequences;
  /** Counts of this process by name; they only grow. */
  totals(): Record<string, number>;
  /** Goes on counting from those of earlier processes. */
  carry(totals: Readonly<Record<string, number>>): void;
}

export interface CheckpointOptions {
  /** Nobody else may use it meanwhile; it is made if it is not there. */
  readonly folder: string;
  readonly pipeline: Checkpointed;
  /** The clock on which the pipeline lives, milliseconds. */
  readonly clock: () => number;
  /** How often changes are written; at most so much is missing after a kill. */
  readonly everyMs?: number | undefined;
  /** A journal may grow to so much, or twice the snapshot; default 4 MiB. */
  readonly journalBytes?: number | undefined;
  readonly moment?: (() => Moment) | undefined;
  readonly log: Logger;
}

/** Handshakes that are turned into text without a break; it takes about a millisecond. */
const handshakesAtOnce = 500;
/** A frame is written when its text has become so long. */
const frameLength = 1024 * 1024;
const defaultJournalBytes = 4 * 1024 * 1024;
/** After a failure the next attempt is made with a new snapshot, this much later. */
const retryAfterMs = 10_000;

/**
 * Keeps what the correlator knows (live handshakes with their use, senders' counters, clocks, totals) in files, so
 * that a restart or a kill does not break the joins of connections that go on.
 *
 * A snapshot has everything; a journal has what changed since, a frame every quarter of a second. When the journal
 * has grown, a new one is begun and then a new snapshot is written beside it, so a snapshot may hold some of what
 * its journal says again. Encoding is done in slices, compression and writing in other threads; nothing waits for
 * the disk. If the disk fails, the join goes on, and the failure is counted and logged.
 */
export class Checkpoint {
  readonly #options: CheckpointOptions;
  readonly #everyMs: number;
  readonly #moment: () => Moment;
  readonly #changes: ChangedHandshakes;
  readonly #carried: Readonly<Record<string, number>>;
  #savedTotals: Record<string, number> = {};
  #savedSkews = new Map<string, number>();
  #generation: number;
  #journal: FrameWriter | undefined;
  readonly #journalBytes: number;
  #journalLimit: number;
  /** The step that is under way; steps follow each other. */
  #work: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #retryMs = Number.NEGATIVE_INFINITY;
  #failing = false;
  readonly #counts = {
    checkpoint_frames: 0,
    checkpoint_bytes: 0,
    checkpoint_snapshots: 0,
    checkpoint_failures: 0,
    checkpoint_damaged_files: 0,
    checkpoint_restored_handshakes: 0,
  };

  private constructor(
    options: CheckpointOptions,
    generation: number,
    carried: Readonly<Record<string, number>>,
  ) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? 250;
    this.#journalBytes = options.journalBytes ?? defaultJournalBytes;
    this.#journalLimit = this.#journalBytes;
    this.#moment = options.moment ?? momentNow;
    this.#generation = generation;
    this.#carried = carried;
    this.#changes = options.pipeline.join.followChanges();
  }

  /**
   * Brings back what an earlier process saved, and follows the pipeline from then on.
   *
   * @throws what the file system throws when the folder cannot be made or read
   */
  static async open(options: CheckpointOptions): Promise<Checkpoint> {
    const { folder, pipeline, log } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const saved = await readCheckpoint(folder, (options.moment ?? momentNow)());
    const nowMs = options.clock();
    const held = saved.handshakes.map(({ event, use, idleMs }) => {
      const { id, lastUseNs, uses, alone, firstRequest } = use;
      return { id, event, lastUseNs, uses, alone, firstRequest, touchedMs: nowMs - idleMs };
    });
    pipeline.join.restore(held, saved.skews, nowMs);
    pipeline.sequences.restore(saved.senders, saved.clean, nowMs);
    pipeline.carry(saved.totals);
    const checkpoint = new Checkpoint(options, saved.generation, saved.totals);
    checkpoint.#counts.checkpoint_restored_handshakes = held.length;
    checkpoint.#counts.checkpoint_damaged_files = saved.damage.length;
    for (const { path, bytes, why } of saved.damage) {
      log.warn(
        { path, bytes, why },
        'a part of the checkpoint cannot be used: connections may lose their handshake',
      );
    }
    if (held.length > 0) {
      log.info(
        { handshakes: held.length, clean: saved.clean },
        'goes on with the handshakes of the last run',
      );
    }
    void checkpoint.#step(() => checkpoint.#snapshot(false));
    checkpoint.#timer = setInterval(() => checkpoint.#tick(), checkpoint.#everyMs);
    checkpoint.#timer.unref();
    return checkpoint;
  }

  counters(): Record<string, number> {
    return { ...this.#counts, checkpoint_skipped: this.#changes.skipped };
  }

  /** Resolves when everything that changed until now is in the journal. */
  async save(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
    await this.#step(() => this.#write());
  }

  /** Saves everything as it is now, for a start that goes on as if there had been no stop. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#work !== undefined) await this.#work;
    await this.#step(() => this.#snapshot(true));
    await this.#closeJournal();
  }

  #tick(): void {
    // A disk that is slower than this gets fewer and larger frames.
    if (this.#work !== undefined) return;
    if (this.#journal === undefined && this.#options.clock() < this.#retryMs) return;
    const full = this.#journal === undefined || this.#journal.bytes > this.#journalLimit;
    void this.#step(() => (full ? this.#snapshot(false) : this.#write()));
  }

  /** Runs one step; a failure ends the journal, and a later step begins anew. */
  async #step(step: () => Promise<void>): Promise<void> {
    this.#work = step().then(
      () => {
        if (this.#failing) this.#options.log.info('the checkpoint is written again');
        this.#failing = false;
      },
      async (error: unknown) => {
        this.#counts.checkpoint_failures++;
        this.#retryMs = this.#options.clock() + retryAfterMs;
        if (!this.#failing) {
          this.#options.log.error(
            { error: String(error) },
            'the checkpoint cannot be written: after a restart, connections would lose their handshake',
          );
        }
        this.#failing = true;
        await this.#closeJournal();
      },
    );
    await this.#work;
    this.#work = undefined;
  }

  async #closeJournal(): Promise<void> {
    const journal = this.#journal;
    this.#journal = undefined;
    // What was written counts, whatever the disk says to the rest.
    await journal?.close(false).catch(() => {});
  }

  /** Writes what changed. */
  async #write(): Promise<void> {
    const journal = this.#journal;
    if (journal === undefined) return;
    const { sequences, join } = this.#options.pipeline;
    this.#writtenMs = this.#options.clock();
    const lines: string[] = [];
    const totals = this.#totals();
    const changed = Object.entries(totals).filter(([name, count]) => this.#savedTotals[name] !== count);
    if (changed.length > 0) lines.push(totalsLine(Object.fromEntries(changed)));
    this.#savedTotals = totals;
    for (const state of sequences.takeChanged(this.#writtenMs)) lines.push(senderLine(state));
    for (const skew of join.clockSkews()) {
      const name = JSON.stringify([skew.sensor, skew.server]);
      if (this.#savedSkews.get(name) !== skew.skewNs) lines.push(skewLine(skew));
      this.#savedSkews.set(name, skew.skewNs);
    }
    const handshakes = this.#changes.take();
    if (lines.length > 0) await this.#frame(journal, lines);
    await this.#handshakes(journal, handshakes, (handshake, nowMs) => {
      const known = handshake.saved;
      handshake.saved = true;
      handshake.savedUseNs = handshake.lastUseNs;
      return known ? useLine(handshake, nowMs) : handshakeLine(handshake, nowMs);
    });
  }

  /** Begins a new journal, writes everything beside it, and removes what both replace. */
  async #snapshot(clean: boolean): Promise<void> {
    const { folder, pipeline, clock } = this.#options;
    await this.#write();
    await this.#closeJournal();
    this.#generation++;
    const path = (kind: string): string => joinPath(folder, `${this.#generation}.${kind}`);
    if (!clean) {
      this.#journal = await FrameWriter.create(path('journal'));
      // With anything in a journal, the last stop was not in order, whenever a kill comes.
      await this.#frame(this.#journal, []);
    }
    const part = joinPath(folder, 'snapshot.part');
    await rm(part, { force: true });
    const snapshot = await FrameWriter.create(part);
    const held = pipeline.join.held();
    try {
      await this.#frame(snapshot, [
        totalsLine(this.#totals()),
        ...pipeline.sequences.all(clock()).map(senderLine),
        ...pipeline.join.clockSkews().map(skewLine),
      ]);
      await this.#handshakes(snapshot, held, handshakeLine, async () => {
        if (clock() - this.#writtenMs >= this.#everyMs) await this.#write();
      });
      await this.#frame(snapshot, [endLine(clean)]);
    } finally {
      await snapshot.close(true);
    }
    await rename(part, path('snapshot'));
    // Not earlier: until now, the files of the last generation were those that count.
    for (const handshake of held) handshake.saved = true;
    this.#counts.checkpoint_snapshots++;
    this.#journalLimit = Math.max(this.#journalBytes, 2 * snapshot.bytes);
    for (const { generation, path } of await checkpointFiles(folder)) {
      if (generation < this.#generation) await rm(path, { force: true });
    }
  }

  /** Writes handshakes in slices, so that nothing else waits long. */
  async #handshakes(
    file: FrameWriter,
    handshakes: readonly Handshake[],
    line: (handshake: Handshake, nowMs: number) => string,
    between: () => Promise<void> = async () => {},
  ): Promise<void> {
    let lines: string[] = [];
    let length = 0;
    for (const [index, handshake] of handshakes.entries()) {
      if (handshake.byUse !== undefined) {
        const text = line(handshake, this.#options.clock());
        lines.push(text);
        length += text.length;
      }
      if (length >= frameLength) {
        await this.#frame(file, lines);
        lines = [];
        length = 0;
      }
      if (index % handshakesAtOnce !== handshakesAtOnce - 1) continue;
      await setImmediate();
      await between();
    }
    if (lines.length > 0) await this.#frame(file, lines);
  }

  #totals(): Record<string, number> {
    const totals = this.#options.pipeline.totals();
    for (const [name, count] of Object.entries(this.#carried)) totals[name] = (totals[name] ?? 0) + count;
    return totals;
  }

  async #frame(file: FrameWriter, lines: readonly string[]): Promise<void> {
    const before = file.bytes;
    await file.write([timeLine(this.#moment()), ...lines].join('\n'));
    this.#counts.checkpoint_frames++;
    this.#counts.checkpoint_bytes += file.bytes - before;
  }
}

export const openCheckpoint = (options: CheckpointOptions): Promise<Checkpoint> => Checkpoint.open(options);
