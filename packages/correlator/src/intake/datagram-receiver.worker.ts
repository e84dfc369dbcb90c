import { isUtf8 } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import { flag, type ReceiverData, type ReceiverReport } from './datagram-receiver-protocol.ts';
import { lastErrorCode, lastErrorText, libc, POLLIN } from './libc.ts';
import { batchSize, ReceiveBatch } from './receive-batch.ts';

/**
 * Thread that does nothing but receive: poll → recvmmsg → hand over. It never enters its event loop, so
 * that nothing delays it; it learns of its orders through shared memory. When the main thread has
 * `maxInFlight` batches before it, the thread stops receiving: the kernel's queue fills up and the
 * senders see (and count) that their datagrams are refused.
 *
 * Having emptied the queue it naps before it waits again. A sender pays for waking a waiting receiver: measured
 * 7.3 µs of its time for a datagram, against 1.2 µs when nobody waits, which was most of what an event cost a
 * busy web server. Batches also become larger, so that the main thread is disturbed less often.
 */
const { fd, shared, maxInFlight, napMs } = workerData as ReceiverData;
const port = parentPort;
if (port === null) throw new Error('datagram-receiver.worker.ts runs as a worker thread');

const flags = new Int32Array(shared);
const batch = new ReceiveBatch();
const descriptor = new Uint8Array(8);
new DataView(descriptor.buffer).setInt32(0, fd, true);
new DataView(descriptor.buffer).setInt16(4, POLLIN, true);

const counters = { datagrams: 0, bytes: 0, batches: 0, empty: 0, truncated: 0, invalid_utf8: 0, paused: 0 };

function handOver(count: number): void {
  const messages: string[] = [];
  for (let i = 0; i < count; i++) {
    const start = batch.start(i);
    const length = batch.length(i);
    counters.datagrams += 1;
    counters.bytes += length;
    if (batch.truncated(i)) counters.truncated += 1;
    else if (length === 0) counters.empty += 1;
    else {
      // Taken all the same, with U+FFFD in the place of such bytes: one of them must not hide a request.
      if (!isUtf8(batch.data.subarray(start, start + length))) counters.invalid_utf8 += 1;
      messages.push(batch.data.toString('utf8', start, start + length));
    }
  }
  counters.batches += 1;
  Atomics.add(flags, flag.inFlight, 1);
  port?.postMessage({ messages, counters } satisfies ReceiverReport);
}

function failure(call: string): Error {
  return Object.assign(new Error(`${call} failed on an intake socket: ${lastErrorText()}`), {
    code: lastErrorCode(),
  });
}

/** Waits until something is queued or the socket was shut down. */
function waitForDatagrams(): void {
  if (libc().poll(descriptor, 1, 1000) < 0 && lastErrorCode() !== 'EINTR') throw failure('poll');
}

while (true) {
  const stopping = Atomics.load(flags, flag.stop) === 1;
  const inFlight = Atomics.load(flags, flag.inFlight);
  if (inFlight >= maxInFlight && !stopping) {
    counters.paused += 1;
    Atomics.wait(flags, flag.inFlight, inFlight, 1000);
    continue;
  }
  const count = batch.receive(fd, batchSize);
  if (count > 0) {
    handOver(count);
    if (count < batchSize && !stopping) Atomics.wait(flags, flag.stop, 0, napMs);
  } else if (lastErrorCode() === 'EAGAIN') {
    if (stopping) break;
    waitForDatagrams();
  } else if (lastErrorCode() !== 'EINTR') {
    throw failure('recvmmsg');
  }
}
