import { readFileSync } from 'node:fs';

/** A moment that another process can count from. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Milliseconds on the system's monotonic clock, which nobody can set. */
  readonly uptimeMs: number;
  /** Names the system's start that `uptimeMs` counts from; '' = unknown. */
  readonly boot: string;
}

let boot: string | undefined;

export function momentNow(): Moment {
  boot ??= bootId();
  return { wallMs: Date.now(), uptimeMs: Math.round(Number(process.hrtime.bigint()) / 1e6), boot };
}

/** Milliseconds from one moment to a later one; 0 if the clock was set back over a start of the system. */
export function elapsedMs(from: Moment, to: Moment): number {
  const sameBoot = from.boot !== '' && from.boot === to.boot;
  return Math.max(0, sameBoot ? to.uptimeMs - from.uptimeMs : to.wallMs - from.wallMs);
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Without procfs the wall clock has to do.
    return '';
  }
}
