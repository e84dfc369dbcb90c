import { readdir, readFile, stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { NetworkEvent } from '../event/network-event.ts';
import type { ClockSkew } from '../join/clock-skew.ts';
import type { SenderState } from '../sender/sequence.ts';
import { readFrames } from './frame.ts';
import { elapsedMs, type Moment } from './moment.ts';
import { readRecord, type Use } from './record.ts';

/** A larger file was not written by us. */
const maxFileBytes = 512 * 1024 * 1024;

const fileName = /^(\d{1,15})\.(snapshot|journal)$/;

export interface CheckpointFile {
  readonly generation: number;
  readonly kind: 'snapshot' | 'journal';
  readonly path: string;
}

/** The files of a checkpoint, oldest generation first, the snapshot of a generation before its journal. */
export async function checkpointFiles(folder: string): Promise<CheckpointFile[]> {
  const files: CheckpointFile[] = [];
  for (const name of await readdir(folder)) {
    const match = fileName.exec(name);
    if (match === null) continue;
    const kind = match[2] === 'snapshot' ? 'snapshot' : 'journal';
    files.push({ generation: Number(match[1]), kind, path: joinPath(folder, name) });
  }
  return files.sort((a, b) => a.generation - b.generation || (a.kind === 'snapshot' ? -1 : 1));
}

interface SavedHandshake {
  readonly event: NetworkEvent;
  readonly use: Use;
  /** Since it arrived or was last used, until now, in milliseconds. */
  readonly idleMs: number;
}

interface Damage {
  readonly path: string;
  /** Bytes that could not be read, at the end of the file. */
  readonly bytes: number;
  readonly why: 'torn or corrupt' | 'not whole' | 'too large' | 'unreadable records';
}

export interface SavedCheckpoint {
  /** Least recently used first. */
  readonly handshakes: readonly SavedHandshake[];
  readonly senders: readonly SenderState[];
  readonly skews: readonly ClockSkew[];
  readonly totals: Readonly<Record<string, number>>;
  /** The process that wrote it had stopped in order, with nothing unsaved. */
  readonly clean: boolean;
  /** No file has a higher one. */
  readonly generation: number;
  readonly damage: readonly Damage[];
}

/** What the frames of a snapshot and its journals add up to. */
class Reading {
  readonly #now: Moment;
  handshakes = new Map<number, SavedHandshake>();
  senders = new Map<string, SenderState>();
  skews = new Map<string, ClockSkew>();
  totals: Record<string, number> = {};
  clean = false;
  /** The snapshot that is being read has its end. */
  whole = false;
  unreadable = 0;

  constructor(now: Moment) {
    this.#now = now;
  }

  frame(text: string): void {
    let sinceMs = 0;
    this.clean = false;
    for (const line of text.split('\n')) {
      const record = readRecord(line);
      if (record === undefined) this.unreadable++;
      else if (record.kind === 'time') sinceMs = elapsedMs(record.moment, this.#now);
      else if (record.kind === 'handshake') this.#handshake(record.event, record.use, sinceMs);
      else if (record.kind === 'use') {
        const event = this.handshakes.get(record.use.id)?.event;
        if (event !== undefined) this.#handshake(event, record.use, sinceMs);
      } else if (record.kind === 'sender') this.senders.set(record.state.name, older(record.state, sinceMs));
      else if (record.kind === 'skew')
        this.skews.set(JSON.stringify([record.skew.sensor, record.skew.server]), record.skew);
      else if (record.kind === 'totals') Object.assign(this.totals, record.totals);
      else {
        this.whole = true;
        this.clean = record.clean;
      }
    }
  }

  /** A journal may say less than the snapshot that was written at the same time: what is more holds. */
  #handshake(event: NetworkEvent, use: Use, sinceMs: number): void {
    const known = this.handshakes.get(use.id);
    if (known !== undefined && known.use.uses > use.uses) return;
    this.handshakes.set(use.id, { event, use, idleMs: use.ageMs + sinceMs });
  }
}

const older = (state: SenderState, byMs: number): SenderState => ({
  ...state,
  idleMs: state.idleMs + byMs,
  gaps: state.gaps.map((gap) => ({ ...gap, ageMs: gap.ageMs + byMs })),
});

/** Reads what earlier processes wrote. Damage is told, and what stands before it is used; never throws for it. */
export async function readCheckpoint(folder: string, now: Moment): Promise<SavedCheckpoint> {
  const files = await checkpointFiles(folder);
  const damage: Damage[] = [];
  let reading = new Reading(now);
  for (const { path, kind } of files) {
    const { size } = await stat(path);
    if (size > maxFileBytes) {
      damage.push({ path, bytes: size, why: 'too large' });
      continue;
    }
    const { texts, damagedBytes } = readFrames(await readFile(path));
    const target = kind === 'snapshot' ? new Reading(now) : reading;
    for (const text of texts) target.frame(text);
    if (damagedBytes > 0) damage.push({ path, bytes: damagedBytes, why: 'torn or corrupt' });
    else if (target.unreadable > 0) damage.push({ path, bytes: 0, why: 'unreadable records' });
    target.unreadable = 0;
    if (kind === 'journal') continue;
    // It holds everything that stands in the files before it.
    if (target.whole) reading = target;
    else if (damagedBytes === 0) damage.push({ path, bytes: size, why: 'not whole' });
  }
  return {
    handshakes: [...reading.handshakes.values()].sort((a, b) => b.idleMs - a.idleMs),
    senders: [...reading.senders.values()],
    skews: [...reading.skews.values()],
    totals: reading.totals,
    clean: reading.clean,
    generation: files.at(-1)?.generation ?? 0,
    damage,
  };
}
