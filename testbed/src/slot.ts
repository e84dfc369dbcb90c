import { readFile, rm, writeFile } from 'node:fs/promises';
import { testbedMark } from './run.ts';

/**
 * A testbed's place on the machine: several may run at once, each with names and a folder of its own, and
 * `clean` can tell what a crashed one left from what still runs.
 */
export interface Slot {
  /** Begins the name of every namespace and interface (those have at most 15 characters). */
  readonly prefix: string;
  /** Scratch folder, and the beginning of others' names: short, because socket paths are limited to 107 bytes. */
  readonly folder: string;
  readonly claimFile: string;
}

const slots: readonly Slot[] = Array.from({ length: 10 }, (_, i) => ({
  prefix: `ja4tb${i}`,
  folder: `/tmp/ja4tb${i}`,
  claimFile: `/run/ja4tb${i}.pid`,
}));
let claimed: Slot | undefined;

async function holderOf({ claimFile }: Slot): Promise<number | undefined> {
  const pid = Number(await readFile(claimFile, 'utf8').catch(() => ''));
  if (!(pid > 0)) return undefined;
  // A process that is not a Node is not the testbed that wrote the file: the id was given out again.
  const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return /^(node|MainThread)/.test(command) ? pid : undefined;
}

async function tryClaim(slot: Slot): Promise<boolean> {
  const holder = await holderOf(slot);
  if (holder !== undefined && holder !== process.pid) return false;
  if (holder === undefined) await rm(slot.claimFile, { force: true });
  // Exclusively: two testbeds may start in the same moment.
  return writeFile(slot.claimFile, String(process.pid), { flag: holder ? 'w' : 'wx' }).then(
    () => true,
    () => false,
  );
}

/** The slot of this process, taken on the first call. */
export async function claimSlot(): Promise<Slot> {
  for (const slot of claimed ? [] : slots) {
    if (await tryClaim(slot)) {
      claimed = slot;
      break;
    }
  }
  if (!claimed) throw new Error(`${slots.length} testbeds are running: wait for one, or end some.`);
  process.env[testbedMark] = claimed.prefix;
  return claimed;
}

export async function releaseSlot(): Promise<void> {
  if (claimed) await rm(claimed.claimFile, { force: true });
  claimed = undefined;
}

/** Slots that nobody alive holds; they may still have traces on the machine. */
export async function abandonedSlots(): Promise<Slot[]> {
  const held = await Promise.all(slots.map(holderOf));
  return slots.filter((_, i) => held[i] === undefined);
}
