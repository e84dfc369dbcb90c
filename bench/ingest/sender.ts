/**
 * The other side of the sockets: a process that sends multiplied traffic and says what it has sent. One JSON object
 * as argument, one as the only line of output.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatagramBatch } from './datagram-batch.ts';
import { MultipliedTraffic } from './multiplied-traffic.ts';
import { recordedTraffic } from './recorded-connections.ts';

export interface SenderOrder {
  readonly socketsDir: string;
  readonly slices: number;
  readonly seconds: number;
  /** Requests per second; 0 = as many as are taken. */
  readonly rate: number;
}

export interface SenderReport {
  readonly requests: number;
  readonly handshakes: number;
  readonly passes: number;
  readonly visitors: number;
  readonly seconds: number;
  /** User and system time of sending alone, in seconds. */
  readonly cpuSeconds: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as SenderOrder;
const traffic = new MultipliedTraffic(await recordedTraffic(), order.slices);
const network = new DatagramBatch(join(order.socketsDir, 'network.socket'), traffic.largest);
const http = new DatagramBatch(join(order.socketsDir, 'http.socket'), traffic.largest);

let lastUs = 0;
/** Never the same twice, so that an order is an order. */
function nextUs(): number {
  lastUs = Math.max(lastUs + 1, Math.floor(performance.timeOrigin * 1000 + performance.now() * 1000));
  return lastUs;
}
/** Handshakes first: what is sent together may be received in any order, but these are waited for. */
function flush(): void {
  network.flush();
  http.flush();
}

const began = performance.now();
const cpu = process.cpuUsage();
let requests = 0;
let handshakes = 0;
for (let i = 0; i < traffic.openConnections; i++) {
  network.add(traffic.writeOpen(i, nextUs(), network.data, network.at));
  handshakes += 1;
}
flush();

let pass = 0;
const untilMs = began + order.seconds * 1000;
sending: for (; ; pass++) {
  for (let i = 0; i < traffic.eventsPerPass; i++) {
    if (traffic.kind(i) === 'network') {
      network.add(traffic.write(pass, i, nextUs(), network.data, network.at));
      handshakes += 1;
      continue;
    }
    http.add(traffic.write(pass, i, nextUs(), http.data, http.at));
    requests += 1;
    if (http.count !== 0) continue;
    // A batch of requests has gone; their handshakes must not wait for a batch of their own.
    network.flush();
    if (performance.now() >= untilMs) break sending;
    if (order.rate === 0) continue;
    const aheadMs = (requests / order.rate) * 1000 - (performance.now() - began);
    if (aheadMs > 2) {
      flush();
      await sleep(aheadMs - 1);
    }
  }
}
flush();
const used = process.cpuUsage(cpu);
const report: SenderReport = {
  requests,
  handshakes,
  passes: pass + 1,
  visitors: (pass + 1) * traffic.visitorsPerPass,
  seconds: (performance.now() - began) / 1000,
  cpuSeconds: (used.user + used.system) / 1e6,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
