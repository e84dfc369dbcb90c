import { lstatSync, readdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { engineDir, spoolDir } from '../config/folders.ts';
import type { Settings } from '../config/load-config.ts';
import type { Check } from './check.ts';
import { cannotWrite, nearestExisting } from './folders.ts';

const gibibyte = 1024 ** 3;
/** What the embedded store wants for merges and a few days of a small site. */
const wantedForStore = 2 * gibibyte;

/** What one service may still write into a folder. */
interface Need {
  readonly folder: string;
  readonly bytes: number;
  readonly what: string;
}

const inGib = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`;

/**
 * Whether everything that is written finds its place, without writing anything: what the spool may grow to and
 * what the embedded store wants, on one disk or each on its own.
 */
export async function checkDisk(settings: Settings): Promise<Check> {
  const name = 'disk';
  const { data_dir: folder } = settings;
  const refused = cannotWrite(folder);
  if (refused !== undefined) {
    return { name, state: 'failed', what: `${refused}: change its owner, or set data_dir` };
  }
  return judgeDisk(await Promise.all([...byDevice(needsOf(settings)).values()].map(placeOf)));
}

/** One disk, and what will be written to it. */
export interface Place {
  readonly folder: string;
  readonly freeBytes: number;
  readonly freeFiles: boolean;
  readonly needs: readonly Need[];
}

/** What to say about the disks. */
export function judgeDisk(places: readonly Place[]): Check {
  const name = 'disk';
  const found = places.map(({ folder, freeBytes }) => `${inGib(freeBytes)} free for ${folder}`).join(', ');
  const lacking = places.flatMap(({ folder, freeBytes, freeFiles, needs }) => {
    const wanted = needs.reduce((sum, { bytes }) => sum + bytes, 0);
    const named = needs.map(({ what, bytes }) => `${what} ${inGib(bytes)}`).join(', ');
    return [
      ...(freeBytes < wanted ? [named] : []),
      ...(freeFiles ? [] : [`hardly a file more can be made in ${folder} (df -i)`]),
    ];
  });
  if (lacking.length === 0) return { name, state: 'ok', what: found };
  const advice = 'make room, or set correlator.spool_max_mb, store.retention_days or data_dir';
  return { name, state: 'warning', what: `${found}, but ${lacking.join('; ')}: ${advice}` };
}

async function placeOf(needs: readonly Need[]): Promise<Place> {
  const folder = needs.map((need) => need.folder).join(' and ');
  const { bavail, bsize, ffree, files } = await statfs(nearestExisting(needs[0]?.folder ?? '/'));
  // File systems without a table of files say 0 of 0.
  return { folder, freeBytes: bavail * bsize, freeFiles: files === 0 || ffree > files / 100, needs };
}

function needsOf(settings: Settings): Need[] {
  const spool = spoolDir(settings);
  const bound = settings.correlator.spool_max_mb * 1_048_576;
  const needs = [
    { folder: spool, bytes: Math.max(0, bound - sizeOf(spool)), what: 'the spool may still take' },
  ];
  if (settings.store.url !== undefined) return needs;
  return [...needs, { folder: engineDir(settings), bytes: wantedForStore, what: 'the store wants' }];
}

function byDevice(needs: readonly Need[]): Map<number, Need[]> {
  return Map.groupBy(needs, ({ folder }) => statSync(nearestExisting(folder)).dev);
}

/** Bytes of the files of a folder; 0 where there is none or it cannot be read. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0);
  } catch {
    return 0;
  }
}
