import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import pino from 'pino';
import { datagramSender } from '../packages/correlator/src/intake/datagram-sender.test-support.ts';
import { openIntake } from '../packages/correlator/src/intake/index.ts';
import { defaultJoinOptions } from '../packages/correlator/src/join/join-options.ts';
import { Pipeline } from '../packages/correlator/src/pipeline.ts';
import { heldMemory } from '../packages/sentinel/src/held-memory.test-support.ts';
import { httpEventTexts, networkEventTexts } from './event-texts.ts';
import { dictionaryOf, mutate } from './mutate.ts';
import { type Random, randomFrom } from './random.ts';

/** What damaged datagrams did to an intake and all that stands behind it up to the spool. */
export interface DatagramsReport {
  readonly datagrams: number;
  /** Events that were taken although they had been damaged. */
  readonly taken: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Datagrams that no counter accounts for. */
  readonly unaccounted: number;
  /** Bytes that are held after the last datagram more than after the first tenth. */
  readonly heldGrowth: number;
  readonly cpuSeconds: number;
}

const longest = 8192;
const dictionary = dictionaryOf([
  ...[
    '"timestamp":',
    '"src_ip":',
    '"src_port":',
    '"path":"',
    '"header_',
    '"dialect":"',
    'null',
    'true',
    '\\u',
  ],
  ...['{', '}', '[', ']', '":', ',"', '1e999', '-1', '0.5', '\\', '<13>', '\ud83d\ude00'],
]);

/** Values that are wrong nearly everywhere. */
const wrongValues: readonly unknown[] = [
  ...[null, true, -1, 0, 0.5, 1e300, 2 ** 32, '', '0', '\ud800', '\0', '::ffff:1.2.3.4', '999.1.1.1', [], {}],
  ...[['h2', 7], { toString: 1 }, 'x'.repeat(3_000), '\u00fc'.repeat(2_049), Array(200).fill('h2')],
];

/** An event in which one to three fields are wrong, missing or new. */
function wrongFields(text: string, random: Random): string {
  const start = text.indexOf('{');
  if (start === -1 || !text.endsWith('}')) return text;
  const event = JSON.parse(text.slice(start)) as Record<string, unknown>;
  const keys = [...Object.keys(event), '__proto__', 'header_X-New', 'dialect', 'client_ip'];
  for (let times = 1 + random.below(3); times > 0; times--) {
    const key = keys[random.below(keys.length)]!;
    if (random.below(5) === 0) delete event[key];
    else event[key] = wrongValues[random.below(wrongValues.length)];
  }
  return text.slice(0, start) + JSON.stringify(event);
}

/** Mostly an event with some damage; at times only bytes, nothing, or more than anybody takes. */
function damaged(texts: readonly Buffer[], random: Random): Uint8Array {
  const kind = random.below(64);
  if (kind === 0) return Buffer.alloc(0);
  if (kind === 1) return Buffer.alloc(60_000 + random.below(10_000), 0x61 + random.below(26));
  if (kind < 8) return Buffer.from(Array.from({ length: 1 + random.below(64) }, () => random.below(256)));
  const text = texts[random.below(texts.length)]!;
  if (kind < 36) return Buffer.from(wrongFields(text.toString(), random));
  return mutate(text, random, { dictionary, corpus: texts, longest });
}

/**
 * Sends damaged events, which follow from the seed alone, over real sockets to an intake with a pipeline behind
 * it, and looks at what they leave behind.
 */
export async function runDatagrams(count: number, seed: number): Promise<DatagramsReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ja4-fuzz-'));
  const log = pino({ level: 'silent' });
  let nowMs = 0;
  const pipeline = new Pipeline({
    // Events that were taken all the same are not held for long, so that nothing but a leak grows.
    join: { ...defaultJoinOptions, orphanDelayMs: 0, maxNetworkItems: 1_000, maxHttpItems: 1_000 },
    emit: () => {},
    log,
  });
  const paths = { http: join(folder.path, 'http.socket'), network: join(folder.path, 'network.socket') };
  const socket = (name: 'http' | 'network') => ({
    ...{ name, path: paths[name], kind: 'datagram' as const },
    onMessages: (batch: string[]) => {
      nowMs = performance.now();
      for (const text of batch) pipeline[name](text, nowMs);
    },
  });
  const intake = await openIntake({ sockets: [socket('http'), socket('network')], mode: 0o600, log });
  using http = datagramSender(paths.http);
  using network = datagramSender(paths.network);
  const random = randomFrom(seed);
  const seeds = {
    http: httpEventTexts.map((text) => Buffer.from(text)),
    network: networkEventTexts.map((text) => Buffer.from(text)),
  };

  const came = () => {
    const { http_socket_datagrams: a = 0, network_socket_datagrams: b = 0 } = intake.counters();
    return a + b;
  };
  const settled = async (sent: number) => {
    while (came() < sent) await turn();
    const waits = () =>
      Object.entries(intake.counters()).some(([k, n]) => k.endsWith('waiting_bytes') && n > 0);
    while (waits()) await turn();
    pipeline.advance(performance.now());
  };

  const warmUp = Math.floor(count / 10);
  let heldBefore = 0;
  const before = process.cpuUsage();
  for (let sent = 0; sent < count; sent++) {
    if (sent === warmUp) {
      await settled(sent);
      heldBefore = heldMemory();
    }
    const toHttp = random.below(4) > 0;
    const datagram = damaged(toHttp ? seeds.http : seeds.network, random);
    while (!(toHttp ? http : network).send(datagram)) await turn();
  }
  await settled(count);
  const cpu = process.cpuUsage(before);
  const heldGrowth = heldMemory() - heldBefore;
  await intake.stop();

  const counters: Record<string, number> = { ...intake.counters(), ...pipeline.counters() };
  const counted = (name: string) => counters[name] ?? 0;
  const refused = Object.fromEntries(
    Object.entries(counters).filter(
      ([name, n]) => n > 0 && /_rejected_|_socket_(?:empty|truncated)$|no_request/.test(name),
    ),
  );
  const taken = counted('http_events') + counted('network_events');
  const total = Object.values(refused).reduce((sum, n) => sum + n, 0);
  return {
    datagrams: count,
    taken,
    refused,
    unaccounted: count - taken - total,
    heldGrowth,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

export function datagramsInWords(report: DatagramsReport): string {
  const { datagrams, taken, refused, unaccounted, heldGrowth, cpuSeconds } = report;
  const most = Object.entries(refused)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([reason, count]) => `    ${count}  ${reason}`);
  return [
    `datagrams: ${datagrams} damaged ones, ${taken} of them taken all the same, ${unaccounted} unaccounted for,`,
    `  held memory + ${(heldGrowth / 2 ** 20).toFixed(1)} MiB, ${cpuSeconds.toFixed(1)} s of CPU; refused, ${Object.keys(refused).length} reasons:`,
    ...most,
    '',
  ].join('\n');
}
