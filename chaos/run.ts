import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareAggregations } from './aggregations.ts';
import { type Ledger, readLedger } from './ledger.ts';
import { Platform, type PlatformOptions } from './platform.ts';
import { mountSmallDisk, unmount } from './private-place.ts';
import { type Blow, blowText, type Step } from './schedule.ts';
import { SpoolWatch } from './spool-watch.ts';
import { type CorrelatorKill, judge, readStored, type Verdict } from './verdict.ts';

export interface RunOptions extends Omit<PlatformOptions, 'onTrouble'> {
  readonly steps: readonly Step[];
  /** Bytes of a disk of its own for the spool; undefined: it lies with everything else. */
  readonly diskBytes: number | undefined;
  /** Datagrams that a socket's queue holds. */
  readonly queueLength: number;
  readonly say: (text: string) => void;
  /** Ends it early, with an AbortError. */
  readonly signal: AbortSignal;
}

export interface RunReport {
  readonly verdict: Verdict;
  /** How often each kind of blow fell. */
  readonly blows: Readonly<Record<string, number>>;
  readonly segments: number;
  /** What the services said or did that they should not have. */
  readonly troubles: Readonly<Record<string, number>>;
  /** The correlator's counters at the end. */
  readonly counters: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const lookEveryMs = 100;
const drainWithinMs = 300_000;
/** How long an insert is waited for: there may be none, in an outage. */
const aimWithinMs = 2_000;
/** About as long as one takes. */
const insertMs = 80;

/** Lets events flow, deals the blows, lets everything come to rest, and compares. */
export async function run(options: RunOptions): Promise<RunReport> {
  const chaos = new Run(options);
  const beganMs = performance.now();
  try {
    await chaos.begin();
    for (const { pauseMs, blow } of options.steps) {
      await sleep(pauseMs, undefined, { signal: options.signal });
      await chaos.deal(blow);
    }
    const judged = await chaos.finish();
    return { ...judged, seconds: (performance.now() - beganMs) / 1000 };
  } finally {
    await chaos.abandon();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #platform: Platform;
  readonly #kills: CorrelatorKill[] = [];
  readonly #blows: Record<string, number> = {};
  readonly #troubles: Record<string, number> = {};
  readonly #beganMs = performance.now();
  #watch: SpoolWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #held = 0;
  #lookedMs = performance.now();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#platform = new Platform({ ...options, onTrouble: (text) => this.#trouble(text) });
  }

  async begin(): Promise<void> {
    const { diskBytes } = this.#options;
    if (diskBytes !== undefined) mountSmallDisk(this.#platform.spoolDir, diskBytes);
    this.#watch = new SpoolWatch(this.#platform.spoolDir);
    await this.#platform.start();
    this.#timer = setInterval(() => void this.#look(), lookEveryMs);
    this.#say('events flow');
  }

  async deal(blow: Blow): Promise<void> {
    const { random } = this.#options;
    const platform = this.#platform;
    this.#blows[blow.kind] = (this.#blows[blow.kind] ?? 0) + 1;
    this.#say(blowText(blow));
    switch (blow.kind) {
      case 'kill': {
        if (blow.victim === 'sender') return platform.killSender(Math.floor(random() * platform.senders));
        if (blow.aimed) await this.#untilInsert();
        await this.#kill(blow.victim, blow.restartMs);
        if (!blow.early) return;
        await sleep(random() * 800);
        return this.#kill(blow.victim, blow.restartMs);
      }
      case 'restart':
        await platform[blow.victim].ready();
        // What was received is finished, so nothing at all may be lost.
        await this.#end(blow.victim, 'SIGTERM', 0);
        return platform[blow.victim].start();
      case 'freeze':
        platform[blow.victim].freeze();
        await sleep(blow.ms);
        return platform[blow.victim].thaw();
      case 'outage':
        await this.#end('store', 'SIGKILL', 0);
        await sleep(blow.ms);
        return platform.store.start();
      case 'fill':
        return this.#fill(blow.ms);
      case 'jump':
        return platform.setClock(blow.clock, blow.byMs);
    }
  }

  /** Everything runs, nothing comes any more, the spool is empty: then the evidence is read. */
  async finish(): Promise<Omit<RunReport, 'seconds'>> {
    const platform = this.#platform;
    await platform.stopSenders();
    this.#say('no more events; the spool empties');
    await Promise.all([platform.store.ready(), platform.correlator.ready()]);
    const counters = await this.#drained();
    clearInterval(this.#timer);
    await platform.correlator.end('SIGTERM');
    const { rows, segments, problems } = (await this.#watch?.end()) ?? {
      rows: [],
      segments: 0,
      problems: [],
    };
    this.#watch = undefined;
    const ledgers = new Map<string, Ledger>();
    for (const serverId of platform.serverIds)
      ledgers.set(serverId, readLedger(platform.ledgerDir, serverId));
    const store = platform.connect();
    const stored = await readStored(store);
    const aggregated = await compareAggregations(store);
    await store.close();
    await platform.store.end('SIGTERM');
    const verdict = judge({ ledgers, spooled: rows, stored, kills: this.#kills });
    const violations = [...verdict.violations, ...problems, ...aggregated];
    if ((counters.rows_rejected ?? 0) > 0) violations.push(`${counters.rows_rejected} rows were rejected`);
    return {
      verdict: { ...verdict, violations },
      blows: this.#blows,
      segments,
      troubles: this.#troubles,
      counters,
    };
  }

  /** Leaves no process behind, whatever happened. */
  async abandon(): Promise<void> {
    clearInterval(this.#timer);
    await this.#watch?.end();
    await this.#platform.kill();
    if (this.#options.diskBytes !== undefined) unmount(this.#platform.spoolDir);
  }

  /** Until the store is at an insert, and then somewhere in it. */
  async #untilInsert(): Promise<void> {
    const untilMs = performance.now() + aimWithinMs;
    while (performance.now() < untilMs) {
      const counters = await this.#platform.storeCounters();
      if ((counters?.write_running ?? 0) > 0) break;
      await sleep(2);
    }
    await sleep(this.#options.random() * insertMs);
  }

  async #kill(victim: 'correlator' | 'store', restartMs: number): Promise<void> {
    await this.#end(victim, 'SIGKILL', this.#most());
    await sleep(restartMs);
    this.#platform[victim].start();
  }

  async #end(victim: 'correlator' | 'store', signal: 'SIGKILL' | 'SIGTERM', held: number): Promise<void> {
    await this.#platform[victim].end(signal);
    if (victim === 'store') return;
    this.#kills.push({ atMs: Date.now(), held });
    await this.#watch?.correlatorIsDead();
  }

  /** A kill may take what the socket's queue holds, what the last look saw in memory, and what came since. */
  #most(): number {
    const { queueLength, perSecond } = this.#options;
    // A second more, because senders catch up after a pause.
    const seconds = (performance.now() - this.#lookedMs) / 1000 + 1;
    return Math.ceil(queueLength + this.#held + perSecond * seconds);
  }

  async #look(): Promise<void> {
    const askedMs = performance.now();
    const counters = await this.#platform.counters();
    // One that was slow must not speak over a later one.
    if (counters === undefined || askedMs < this.#lookedMs) return;
    this.#held = heldEvents(counters);
    this.#lookedMs = askedMs;
  }

  async #fill(ms: number): Promise<void> {
    const ballast = join(this.#platform.spoolDir, 'ballast');
    const { diskBytes = 0 } = this.#options;
    try {
      writeFileSync(ballast, Buffer.alloc(diskBytes, 1));
    } catch {
      // ENOSPC, which is the purpose: as much as there was room for has been written.
    }
    await sleep(ms / 2);
    // What was full of others' bytes is now full of ours, as the spool sees it: a kill in the middle of that.
    await this.#kill('correlator', 0);
    await sleep(ms / 2);
    rmSync(ballast, { force: true });
    await this.#writable();
  }

  /** Until the spool is known to take rows again. */
  async #writable(): Promise<void> {
    const untilMs = performance.now() + drainWithinMs;
    while ((await this.#platform.counters())?.spool_disk_refuses !== 0) {
      if (performance.now() > untilMs)
        throw new Error('the spool does not find out that its disk has room again');
      await sleep(lookEveryMs);
    }
  }

  async #drained(): Promise<Record<string, number>> {
    const untilMs = performance.now() + drainWithinMs;
    for (;;) {
      const counters = await this.#platform.counters();
      const left =
        counters === undefined ? 1 : (counters.spool_rows_waiting ?? 1) + (counters.http_pending ?? 0);
      if (counters !== undefined && left === 0) return counters;
      if (performance.now() > untilMs) throw new Error(`the spool does not empty: ${left} rows are left`);
      await sleep(200);
    }
  }

  #trouble(text: string): void {
    // A small disk is filled by an outage of the store, too.
    if (this.#options.diskBytes !== undefined && text.includes('cannot be written')) return;
    if (this.#troubles[text] === undefined) this.#say(`! ${text}`);
    this.#troubles[text] = (this.#troubles[text] ?? 0) + 1;
  }

  #say(text: string): void {
    const seconds = (performance.now() - this.#beganMs) / 1000;
    this.#options.say(`${seconds.toFixed(1).padStart(7)} s  ${text}`);
  }
}

/** No event of a sender is shorter. */
const leastEventBytes = 500;

/** How many events at most are in the correlator's memory and not accepted yet. */
function heldEvents(counters: Readonly<Record<string, number>>): number {
  const { http_pending = 0, spool_rows_pending = 0, http_socket_waiting_bytes = 0 } = counters;
  return http_pending + spool_rows_pending + Math.ceil(http_socket_waiting_bytes / leastEventBytes);
}
