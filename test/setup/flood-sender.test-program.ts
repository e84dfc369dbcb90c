/**
 * `node flood-sender.test-program.ts SOCKET KIND RATE SECONDS`: sends `RATE` times a second. KIND `garbage` is what
 * no parser takes, sent without waiting; `http` and `network` are good events, sent again until they are taken.
 * Tells its parent how many were taken, and how many refused at once.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { datagramSender } from '../../packages/correlator/src/intake/datagram-sender.test-support.ts';

const [path = '', kind = '', rate = '', seconds = ''] = process.argv.slice(2);

const peer = (i: number) => ({
  src_ip: `198.18.${(i >> 8) & 255}.${i & 255}`,
  ...{ src_port: 1024 + (i % 60_000), dst_ip: '198.18.0.10', dst_port: 443 },
});
const nowNs = () => Date.now() * 1e6;

/** A little of everything: no JSON at all, cut off, nearly JSON, JSON that is no event, long, binary. */
const garbage = [
  'GET / HTTP/1.1',
  '{"timestamp":1795000000000000000,"src_ip":"198.18.0.1","src_port":4',
  '{"timestamp":1795000000000000000,"src_ip":}',
  '[[[[[[[[',
  '{}',
  '{"timestamp":1795000000000000000,"src_ip":"nobody","src_port":1,"method":"GET","path":"/"}',
  'x'.repeat(8_000),
  Uint8Array.from({ length: 256 }, (_, i) => i),
].map((text) => Buffer.from(text));

function message(i: number): Buffer {
  if (kind === 'garbage') return garbage[i % garbage.length]!;
  if (kind === 'http')
    return Buffer.from(JSON.stringify({ timestamp: nowNs(), ...peer(i), method: 'GET', path: `/${i}` }));
  return Buffer.from(
    JSON.stringify({
      timestamp: nowNs(),
      ...peer(i),
      transport: 'tcp',
      ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
    }),
  );
}

const counts = { sent: 0, refused: 0 };
const due = (sinceMs: number) =>
  Math.min(Number(seconds), (performance.now() - sinceMs) / 1000) * Number(rate);

async function sendDatagrams(): Promise<void> {
  using sender = datagramSender(path);
  const startMs = performance.now();
  const total = Number(seconds) * Number(rate);
  for (let i = 0; i < total; ) {
    while (i < due(startMs)) {
      const taken = sender.send(message(i));
      if (taken) counts.sent++;
      else counts.refused++;
      if (taken || kind === 'garbage') i++;
      else await sleep(1);
    }
    await sleep(1);
  }
}

async function sendLines(): Promise<void> {
  const socket = connect(path);
  const startMs = performance.now();
  const total = Number(seconds) * Number(rate);
  while (counts.sent < total) {
    while (counts.sent < due(startMs)) {
      const room = socket.write(Buffer.concat([message(counts.sent++), Buffer.from('\n')]));
      if (!room) await new Promise((resolve) => socket.once('drain', resolve));
    }
    await sleep(1);
  }
  await new Promise<void>((resolve) => socket.end(resolve));
}

await (path.endsWith('.stream.socket') ? sendLines() : sendDatagrams());
process.send?.(counts);
process.disconnect();
