import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import pino from 'pino';
import { HelloTracker } from '../hello-tracker.ts';
import { handshakeRecords, ipPacket, linuxSynOptions } from '../synthetic/index.ts';
import { openCapture } from './capture.ts';
import type { CaptureOptions } from './capture-contract.ts';
import { AF_PACKET } from './capture-socket.ts';
import { libc } from './libc.ts';
import { bindToInterface, interfaceIndex } from './network-interface.ts';

/**
 * Runs inside a network namespace of its own: frames go in at one end of virtual cables (va, vc) and are
 * captured at the other (vb, vd). Prints a report as JSON.
 */
export interface Report {
  /** Source ports of the events, by what was done to the interface or the frames before. */
  readonly tags: number[];
  readonly tunnels: number[];
  readonly any: number[];
  readonly afterDown: number[];
  /** Share of a core that the capture took while its interface was down. */
  readonly coresWhileDown: number;
  readonly readyWhileDown: { ok: boolean; why?: string };
  readonly afterRemoval: number[];
  readonly readyWithoutInterface: { ok: boolean; why?: string };
  readonly several: {
    readonly first: number[];
    readonly readyWithoutOne: { ok: boolean; why?: string };
    readonly whileOneIsGone: number[];
    readonly whenTheLateOneCame: number[];
    readonly counters: Record<string, number>;
  };
  readonly local: {
    readonly own: number[];
    readonly foreign: number[];
    readonly mirrored: number[];
    readonly adopted: number[];
    readonly everything: number[];
    readonly warnings: string[];
  };
  readonly held: Record<string, number>;
  readonly stopped: Record<string, number>;
  readonly flood: Record<string, number>;
}

const floodPackets = 200_000;
const SOCK_RAW = 3;
const server = '198.18.0.10';
const elsewhere = '203.0.113.9';
const strangersMac = [0x02, 0, 0, 0, 0x99, 0x99];

const hello = handshakeRecords(
  encodeClientHello({
    sessionId: new Uint8Array(32),
    cipherSuites: [0x1301, 0x1302, 0x1303],
    extensions: [encodeExtension.serverName('shop.example'), encodeExtension.opaque(51, 1200)],
  }),
);

const ip = (...args: string[]) => execFileSync('ip', args);

function makeCable(one = 'va', other = 'vb'): void {
  ip('link', 'add', one, 'type', 'veth', 'peer', 'name', other);
  for (const end of [one, other]) {
    ip('link', 'set', end, 'up');
    ip('link', 'set', end, 'arp', 'off');
  }
}

/** A socket that puts whole Ethernet frames on a cable. */
function frameSender(on: string): { send(bytes: Uint8Array): void; close(): void } {
  const fd = libc().socket(AF_PACKET, SOCK_RAW, 0);
  bindToInterface(fd, interfaceIndex(on) ?? 0);
  return {
    send: (bytes) => {
      while (libc().send(fd, bytes, bytes.length, 0) < 0);
    },
    close: () => {
      libc().close(fd);
    },
  };
}

interface Connection {
  readonly srcPort: number;
  readonly family?: 4 | 6;
  readonly dst?: string;
  /** Of the receiving interface; another machine's by default. */
  readonly mac?: readonly number[];
  /** What stands between the addresses of the Ethernet header and the IP header, its EtherType included. */
  readonly headers?: (ipEtherType: number) => readonly number[];
}

const type = (etherType: number) => [etherType >> 8, etherType & 0xff];
const tagged =
  (...tags: readonly [tpid: number, tci: number][]) =>
  (etherType: number) => [
    ...tags.flatMap(([tpid, tci]) => [...type(tpid), ...type(tci)]),
    ...type(etherType),
  ];

/** The frames of a connection up to its ClientHello, in two segments. */
function framesOf({
  srcPort,
  family = 4,
  dst,
  mac = strangersMac,
  headers = type,
}: Connection): Uint8Array[] {
  const addresses =
    family === 4
      ? { src: '198.18.16.7', dst: dst ?? server }
      : { src: '2001:db8:16::7', dst: dst ?? '2001:db8:0:1::10' };
  const base = { ...addresses, srcPort, dstPort: 443 };
  return [
    { ...base, sequence: 1000, flags: 0x02, options: linuxSynOptions },
    { ...base, sequence: 1001, flags: 0x10 },
    { ...base, sequence: 1001, flags: 0x18, payload: hello.subarray(0, 700) },
    { ...base, sequence: 1701, flags: 0x18, payload: hello.subarray(700) },
  ].map((packet) => {
    const link = [...mac, 0x02, 0, 0, 0, 0, 1, ...headers(family === 4 ? 0x0800 : 0x86dd)];
    return Uint8Array.from([...link, ...ipPacket(packet)]);
  });
}

function send(connection: Connection, on = 'va'): void {
  const sender = frameSender(on);
  for (const bytes of framesOf(connection)) sender.send(bytes);
  sender.close();
}

/** Link-layer address of an interface that has an IP address. */
function macOf(name: string): number[] {
  const mac = networkInterfaces()[name]?.[0]?.mac ?? '';
  return mac.split(':').map((part) => Number.parseInt(part, 16));
}

async function capture(options: Partial<CaptureOptions>) {
  const ports: number[] = [];
  const warnings: string[] = [];
  const tracker = new HelloTracker({
    sensorId: 'test',
    onEvent: (event) => {
      if (event.has_syn) ports.push(event.src_port);
    },
  });
  const running = await openCapture({
    interfaces: ['vb'],
    ports: [443],
    excludeSourceIps: [],
    log: pino({ level: 'warn' }, { write: (line: string) => warnings.push(JSON.parse(line).msg) }),
    onPacket: (...packet) => tracker.packet(...packet),
    ...options,
  });
  /** Source ports of the events since the last time, when there are so many or nothing more comes. */
  const seen = async (count: number) => {
    for (let turn = 0; turn < 20 && ports.length < count; turn++) await sleep(50);
    return ports.splice(0);
  };
  /** Sends a connection until it is seen: a cable that was plugged in again takes up to a second to carry. */
  const sendUntilSeen = async (srcPort: number, on = 'va') => {
    for (let turn = 0; turn < 50 && ports.length === 0; turn++) {
      send({ srcPort }, on);
      await sleep(100);
    }
    return ports.splice(0);
  };
  return { running, seen, sendUntilSeen, warnings };
}

/** Tags as the kernel takes them off, and further ones; a priority that makes a tag look like an IP header. */
async function tagScene() {
  const { running, seen } = await capture({});
  const frames = [
    undefined,
    tagged([0x8100, 5]),
    tagged([0x8100, 5], [0x8100, 7]),
    tagged([0x88a8, 5], [0x8100, 7]),
    tagged([0x9100, 5], [0x8100, 7]),
    tagged([0x88a8, 5], [0x8100, 0x4007]),
    tagged([0x88a8, 5], [0x8100, 0x6007]),
  ];
  let srcPort = 50_000;
  for (const headers of frames) {
    for (const family of [4, 6] as const) {
      send({ srcPort, family, ...(headers === undefined ? {} : { headers }) });
      srcPort += 1;
    }
  }
  const tags = await seen(frames.length * 2);
  await running.stop();
  return tags;
}

/** A filter of the operator may ask for more than IP; what follows `pppoes` in it speaks of what is inside. */
async function tunnelScene() {
  const { running, seen } = await capture({ bpfFilter: 'ether proto 0x8847 or pppoes' });
  const ppp = (etherType: number) => [0x88, 0x64, 0x11, 0, 0, 1, 6, 0, 0, etherType === 0x0800 ? 0x21 : 0x57];
  const mpls = () => [0x88, 0x47, 0, 0x01, 0x01, 64];
  send({ srcPort: 50_100, headers: ppp });
  send({ srcPort: 50_101, headers: mpls, family: 6 });
  send({ srcPort: 50_102 });
  const tunnels = await seen(2);
  await running.stop();
  return tunnels;
}

async function comingAndGoingScene() {
  const { running, sendUntilSeen } = await capture({});
  ip('link', 'set', 'vb', 'down');
  const before = process.cpuUsage();
  await sleep(1_000);
  const { user, system } = process.cpuUsage(before);
  await sleep(500);
  const readyWhileDown = running.ready();
  ip('link', 'set', 'vb', 'up');
  const afterDown = await sendUntilSeen(50_010);

  ip('link', 'delete', 'vb');
  await sleep(1_500);
  const readyWithoutInterface = running.ready();
  makeCable();
  const afterRemoval = await sendUntilSeen(50_020);
  await running.stop();
  return {
    afterDown,
    coresWhileDown: (user + system) / 1e6,
    readyWhileDown,
    readyWithoutInterface,
    afterRemoval,
  };
}

async function severalScene() {
  makeCable('vc', 'vd');
  const { running, seen, sendUntilSeen } = await capture({ interfaces: ['vb', 'vd', 'late', 'vb'] });
  send({ srcPort: 50_200 });
  send({ srcPort: 50_201 }, 'vc');
  const first = (await seen(2)).toSorted();
  const readyWithoutOne = running.ready();
  ip('link', 'delete', 'vd');
  send({ srcPort: 50_202 });
  const whileOneIsGone = await seen(1);
  makeCable('vc', 'late');
  const whenTheLateOneCame = await sendUntilSeen(50_203, 'vc');
  await running.stop();
  ip('link', 'delete', 'late');
  return { first, readyWithoutOne, whileOneIsGone, whenTheLateOneCame, counters: running.counters() };
}

async function localScene() {
  ip('address', 'add', `${server}/24`, 'dev', 'vb');
  const mac = macOf('vb');
  const automatic = await capture({});
  send({ srcPort: 50_300, dst: elsewhere, mac });
  await sleep(1_500);
  const { warnings } = automatic;
  const foreign = await automatic.seen(0);
  send({ srcPort: 50_301, mac });
  const own = await automatic.seen(1);
  send({ srcPort: 50_302, dst: elsewhere });
  const mirrored = await automatic.seen(1);
  ip('address', 'add', `${elsewhere}/32`, 'dev', 'vb');
  send({ srcPort: 50_303, dst: elsewhere, mac });
  const adopted = await automatic.seen(1);
  await automatic.running.stop();
  ip('address', 'flush', 'dev', 'vb');
  ip('address', 'add', '192.0.2.1/24', 'dev', 'vb');
  const all = await capture({ localAddresses: [] });
  send({ srcPort: 50_304, dst: elsewhere, mac });
  const everything = await all.seen(1);
  await all.running.stop();
  ip('address', 'flush', 'dev', 'vb');
  return { own, foreign, mirrored, adopted, everything, warnings: [...warnings] };
}

async function anyScene() {
  const { running, seen } = await capture({ interfaces: ['vb', 'any'] });
  send({ srcPort: 50_030 });
  const any = await seen(1);
  await running.stop();
  return any;
}

/** Traffic of this many packets per second from another process while this thread stands still. */
async function heldUp(packetsPerSecond: number, seconds: number) {
  const { running } = await capture({});
  const flood = spawnSelf('pace', String(packetsPerSecond), String(seconds));
  await sleep(300);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1_000);
  await once(flood, 'exit');
  await sleep(200);
  await running.stop();
  return running.counters();
}

async function floodScene() {
  const { running } = await capture({});
  await once(spawnSelf('flood'), 'exit');
  await sleep(200);
  await running.stop();
  return running.counters();
}

const spawnSelf = (...args: string[]) =>
  spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });

async function report(): Promise<Report> {
  makeCable();
  return {
    tags: await tagScene(),
    tunnels: await tunnelScene(),
    ...(await comingAndGoingScene()),
    several: await severalScene(),
    local: await localScene(),
    any: await anyScene(),
    held: await heldUp(20_000, 0.5),
    stopped: await heldUp(20_000, 3),
    flood: await floodScene(),
  };
}

function flood(): void {
  const sender = frameSender('va');
  const [syn] = framesOf({ srcPort: 51_000 });
  for (let i = 0; i < floodPackets; i++) sender.send(syn!);
  sender.close();
}

async function pace(packetsPerSecond: number, seconds: number): Promise<void> {
  const sender = frameSender('va');
  const [syn] = framesOf({ srcPort: 51_000 });
  const start = performance.now();
  for (let sent = 0; sent < packetsPerSecond * seconds; ) {
    const due = ((performance.now() - start) / 1_000) * packetsPerSecond;
    for (; sent < Math.min(due, packetsPerSecond * seconds); sent++) sender.send(syn!);
    await sleep(1);
  }
  sender.close();
}

const [what, ...numbers] = process.argv.slice(2);
if (what === 'flood') flood();
else if (what === 'pace') await pace(Number(numbers[0]), Number(numbers[1]));
else process.stdout.write(JSON.stringify(await report()));
