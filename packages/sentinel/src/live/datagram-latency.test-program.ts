import { setImmediate as turn } from 'node:timers/promises';
import koffi from 'koffi';
import { libc } from './libc.ts';
import { SOL_SOCKET, setOption } from './socket-option.ts';

/**
 * `node datagram-latency.test-program.ts SOCKET`, with a message channel: receives network events on a UNIX
 * datagram socket and notes how long after its packet each one arrived. Says `listening`, and for each message
 * what it has received since the last one.
 */
export interface Received {
  readonly events: number;
  /** Of different connections. */
  readonly connections: number;
  /** Milliseconds from the capture of a hello's last packet to the datagram, ascending. */
  readonly latenciesMs: readonly number[];
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SO_RCVTIMEO = 20;
const CLOCK_REALTIME = 0;
const timeoutMicroseconds = 50_000n;

const library = koffi.load(null);
const receive: (fd: number, data: Uint8Array, length: number, flags: number) => number = library.func(
  'int64_t recv(int fd, void *data, size_t length, int flags)',
);
const readClock: (clock: number, time: BigInt64Array) => number = library.func(
  'int clock_gettime(int clock, void *time)',
);
const time = new BigInt64Array(2);

/** The clock of the packets' timestamps, in nanoseconds since 1970. */
function realTimeNs(): number {
  readClock(CLOCK_REALTIME, time);
  return Number(time[0]) * 1e9 + Number(time[1]);
}

function listen(path: string): number {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.alloc(3 + Buffer.byteLength(path));
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  if (libc().bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  setOption(fd, SOL_SOCKET, SO_RCVTIMEO, BigInt64Array.of(0n, timeoutMicroseconds), 'a timeout');
  return fd;
}

async function run(path: string): Promise<void> {
  const fd = listen(path);
  const data = Buffer.alloc(65_536);
  const connections = new Set<string>();
  let latenciesMs: number[] = [];
  process.on('message', () => {
    latenciesMs.sort((a, b) => a - b);
    process.send?.({
      events: latenciesMs.length,
      connections: connections.size,
      latenciesMs,
    } satisfies Received);
    latenciesMs = [];
    connections.clear();
  });
  process.send?.('listening');
  for (;;) {
    const length = receive(fd, data, data.length, 0);
    if (length > 0) {
      const now = realTimeNs();
      const event = JSON.parse(data.toString('utf8', 0, length));
      latenciesMs.push((now - event.timestamp) / 1e6);
      connections.add(`${event.src_ip} ${event.src_port}`);
    } else if (!process.connected) return;
    else await turn();
  }
}

await run(process.argv[2] ?? '');
