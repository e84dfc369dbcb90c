import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeClientHello, encodeExtension } from '@ja4/fingerprints';
import pino from 'pino';
import { HelloTracker } from '../hello-tracker.ts';
import { frame, handshakeRecords, ipPacket, linuxSynOptions } from '../synthetic/index.ts';
import { openCapture } from './capture.ts';
import { AF_PACKET } from './capture-socket.ts';
import { libc } from './libc.ts';
import { bindToInterface, interfaceIndex } from './network-interface.ts';

/**
 * Runs inside a network namespace of its own: frames go in at one end of a virtual cable (va) and are
 * captured at the other (vb). Prints a report as JSON.
 */
export interface Report {
  /** Source ports of the events, by what was done to the interface or the frames before. */
  readonly vlan: number[];
  readonly any: number[];
  readonly afterDown: number[];
  readonly afterRemoval: number[];
  readonly readyWithoutInterface: { ok: boolean; why?: string };
  readonly flood: Record<string, number>;
}

const floodPackets = 200_000;
const SOCK_RAW = 3;
const ethernet = 1;

const hello = handshakeRecords(
  encodeClientHello({
    sessionId: new Uint8Array(32),
    cipherSuites: [0x1301, 0x1302, 0x1303],
    extensions: [encodeExtension.serverName('shop.example'), encodeExtension.opaque(51, 1200)],
  }),
);

const ip = (...args: string[]) => execFileSync('ip', args);

function makeCable(): void {
  ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  ip('link', 'set', 'va', 'up');
  ip('link', 'set', 'vb', 'up');
}

/** A socket that puts whole Ethernet frames on the cable. */
function frameSender(): { send(bytes: Uint8Array): void; close(): void } {
  const fd = libc().socket(AF_PACKET, SOCK_RAW, 0);
  bindToInterface(fd, interfaceIndex('va') ?? 0);
  return {
    send: (bytes) => {
      while (libc().send(fd, bytes, bytes.length, 0) < 0);
    },
    close: () => {
      libc().close(fd);
    },
  };
}

/** The frames of a connection up to its ClientHello, in two segments. */
function connection(srcPort: number, family: 4 | 6, tags: readonly number[]): Uint8Array[] {
  const addresses =
    family === 4
      ? { src: '198.18.16.7', dst: '198.18.0.10' }
      : { src: '2001:db8:16::7', dst: '2001:db8:0:1::10' };
  const base = { ...addresses, srcPort, dstPort: 443 };
  return [
    { ...base, sequence: 1000, flags: 0x02, options: linuxSynOptions },
    { ...base, sequence: 1001, flags: 0x10 },
    { ...base, sequence: 1001, flags: 0x18, payload: hello.subarray(0, 700) },
    { ...base, sequence: 1701, flags: 0x18, payload: hello.subarray(700) },
  ].map((packet) => frame(ethernet, ipPacket(packet), tags));
}

function sendConnection(srcPort: number, family: 4 | 6 = 4, tags: readonly number[] = []): void {
  const sender = frameSender();
  for (const bytes of connection(srcPort, family, tags)) sender.send(bytes);
  sender.close();
}

async function capture(name: string) {
  const ports: number[] = [];
  const tracker = new HelloTracker({
    sensorId: 'test',
    onEvent: (event) => {
      if (event.has_syn) ports.push(event.src_port);
    },
  });
  const running = await openCapture({
    interfaces: [name],
    ports: [443],
    excludeSourceIps: [],
    log: pino({ level: 'silent' }),
    onPacket: (...packet) => tracker.packet(...packet),
  });
  return { ports, running };
}

async function report(): Promise<Report> {
  makeCable();
  const { ports, running } = await capture('vb');
  /** Sends a connection until it is seen: a cable that was plugged in again takes up to a second to carry. */
  const sendUntilSeen = async (srcPort: number) => {
    for (let turn = 0; turn < 50 && ports.length === 0; turn++) {
      sendConnection(srcPort);
      await sleep(100);
    }
    return ports.splice(0);
  };
  let port = 50_000;
  for (const tags of [[], [5], [5, 7]]) {
    sendConnection(port++, 4, tags);
    sendConnection(port++, 6, tags);
  }
  for (let turn = 0; turn < 30 && ports.length < 6; turn++) await sleep(100);
  const vlan = ports.splice(0);

  ip('link', 'set', 'vb', 'down');
  await sleep(100);
  ip('link', 'set', 'vb', 'up');
  const afterDown = await sendUntilSeen(50_010);

  ip('link', 'delete', 'vb');
  await sleep(1_500);
  const readyWithoutInterface = running.ready();
  makeCable();
  const afterRemoval = await sendUntilSeen(50_020);
  await running.stop();

  const all = await capture('any');
  sendConnection(50_030);
  await sleep(100);
  await all.running.stop();

  const flooded = await capture('vb');
  const flood = spawn(process.execPath, [fileURLToPath(import.meta.url), 'flood'], { stdio: 'inherit' });
  await once(flood, 'exit');
  await sleep(200);
  await flooded.running.stop();
  return {
    vlan,
    afterDown,
    readyWithoutInterface,
    afterRemoval,
    any: all.ports,
    flood: flooded.running.counters(),
  };
}

function flood(): void {
  const sender = frameSender();
  const [syn] = connection(51_000, 4, []);
  for (let i = 0; i < floodPackets; i++) sender.send(syn!);
  sender.close();
}

if (process.argv[2] === 'flood') flood();
else process.stdout.write(JSON.stringify(await report()));
