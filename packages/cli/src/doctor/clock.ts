import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/load-config.ts';
import type { Check } from './check.ts';

/** No clock of a machine that runs this program can be older than the program. */
const oldestPlausibleTime = Date.UTC(2026, 0, 1);
/** Files are not newer than the clock; a little is left to file servers. */
const toleranceMs = 60_000;

/** Whether something keeps the machine's clock right; undefined where the kernel does not say. */
export type ClockState = { readonly synchronised: boolean; readonly errorMs: number } | undefined;

/** Whether events get the right times: a plausible clock that is kept right and has not gone back. */
export async function checkClock({ data_dir: folder }: Settings): Promise<Check> {
  return judgeClock(new Date(), newestFile(folder), await clockState());
}

/** What to say about a clock; `newestMs`: the newest file that this clock has dated. */
export function judgeClock(now: Date, newestMs: number | undefined, state: ClockState): Check {
  const name = 'clock';
  const time = now.toISOString();
  if (now.getTime() < oldestPlausibleTime) {
    const what = `${time} lies in the past: set the clock, or events are misplaced`;
    return { name, state: 'failed', what };
  }
  if (newestMs !== undefined && newestMs > now.getTime() + toleranceMs) {
    const newest = new Date(newestMs).toISOString();
    const what = `${time}, but data_dir has a file of ${newest}: one of the two is wrong; set the clock`;
    return { name, state: 'failed', what };
  }
  if (state?.synchronised === false) {
    const what =
      `${time}, not synchronised: where sensor and web server are two machines, their clocks drift apart; ` +
      'timedatectl set-ntp true';
    return { name, state: 'warning', what };
  }
  const precision = state === undefined ? '' : `, synchronised to ${Math.ceil(state.errorMs)} ms`;
  return { name, state: 'ok', what: `${time}${precision}` };
}

/** When the newest entry of a folder was written; undefined without any. */
function newestFile(folder: string): number | undefined {
  const times: number[] = [];
  try {
    for (const name of readdirSync(folder)) times.push(statSync(join(folder, name)).mtimeMs);
  } catch {
    // Not there yet, or not this user's to read: nothing to compare with.
  }
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Fields of `struct timex` on 64-bit Linux (adjtimex(2)). */
const timexBytes = 208;
const maxErrorAt = 24;
const statusAt = 40;
const staUnsync = 0x40;
const timeError = 5;

/** The kernel's own word: adjtimex(2) without a change. */
async function clockState(): Promise<ClockState> {
  if (process.platform !== 'linux') return undefined;
  const { default: koffi } = await import('koffi');
  const timex = Buffer.alloc(timexBytes);
  let state: number;
  try {
    const adjtimex: (timex: Uint8Array) => number = koffi
      .load(null)
      .func('int adjtimex(_Inout_ uint8_t *timex)');
    state = adjtimex(timex);
  } catch {
    // A C library without it.
    return undefined;
  }
  if (state < 0) return undefined;
  const synchronised = state !== timeError && (timex.readInt32LE(statusAt) & staUnsync) === 0;
  return { synchronised, errorMs: Number(timex.readBigInt64LE(maxErrorAt)) / 1000 };
}
