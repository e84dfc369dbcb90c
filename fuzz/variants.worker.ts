import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import {
  capturesBelow,
  damagedCopy,
  damages,
  isWellFormed,
  readCaptureBytes,
} from '../packages/sentinel/src/damaged-captures.test-support.ts';
import { heldMemory } from '../packages/sentinel/src/held-memory.test-support.ts';
import type { VariantsReport } from './variants.ts';

const order = workerData as { folders: string[]; count: number; seed: number; current: Int32Array };

/** Larger captures take most of the time and hold nothing that the smaller ones do not. */
const largest = 300 * 1024;
const deadlineMs = 1000;
const heapLimit = 32 * 1024 * 1024;

const captures = new Map<string, Uint8Array>();
for (const folder of order.folders.filter((one) => existsSync(one)))
  for (const [name, bytes] of capturesBelow(folder, largest)) captures.set(name, bytes);
const names = [...captures.keys()];

const troubles: string[] = [];
const before = { memory: heldMemory(), cpu: process.cpuUsage() };
let [packets, hellos, slowestMs, heapGrowth] = [0, 0, 0, 0];

for (let number = 0; number < order.count; number++) {
  Atomics.store(order.current, 0, number + 1);
  const name = names[number % names.length] ?? '';
  const damage = damages[Math.floor(number / names.length) % damages.length]!;
  const variantSeed = order.seed * 1_000_003 + number;
  const trouble = (what: string) => troubles.push(`${name} ${damage} seed ${variantSeed}: ${what}`);
  const variant = damagedCopy(captures.get(name) ?? new Uint8Array(), damage, variantSeed);
  const started = performance.now();
  try {
    const statistics = readCaptureBytes(variant, (event) => {
      hellos++;
      if (!isWellFormed(event)) trouble(`an odd event: ${JSON.stringify(event)}`);
    });
    packets += statistics.packets;
  } catch (error) {
    trouble(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const took = performance.now() - started;
  slowestMs = Math.max(slowestMs, took);
  if (took > deadlineMs) trouble(`takes ${took.toFixed(0)} ms`);
  if (number % 500 === 499) heapGrowth = Math.max(heapGrowth, heldMemory() - before.memory);
}
if (heapGrowth > heapLimit) troubles.push(`the heap grew by ${heapGrowth} bytes`);
const { user, system } = process.cpuUsage(before.cpu);
parentPort?.postMessage({
  captures: names.length,
  variants: names.length === 0 ? 0 : order.count,
  packets,
  hellos,
  cpuSeconds: (user + system) / 1e6,
  slowestMs,
  heapGrowth,
  troubles,
} satisfies VariantsReport);
