import { parentPort, workerData } from 'node:worker_threads';
import { DatagramSocket } from './datagram-socket.ts';
import { PollSet } from './poll-set.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { type ReceiverData, word } from './receiver-protocol.ts';
import { StreamSocket } from './stream-socket.ts';

/**
 * Thread that does nothing but receive: poll → recvmmsg or recv → ring. It never enters its event loop, so that
 * nothing delays it; it learns of its orders through shared memory. Each round takes one helping of every socket,
 * so that a flood on one of them does not silence the others.
 *
 * Having emptied the queues it naps before it waits again. A sender pays for waking a waiting receiver: measured
 * 7.3 µs of its time for a datagram, against 1.2 µs when nobody waits, which was most of what an event cost a
 * busy web server. Helpings also become larger, so that the main thread is woken less often.
 */
const { control, napMs, sockets: given } = workerData as ReceiverData;
const port = parentPort;
if (port === null) throw new Error('receiver.worker.ts runs as a worker thread');

/** How long full rings are left alone, in milliseconds, and the longest wait without any event. */
const [fullPauseMs, idleMs] = [2, 1000];

const words = new Int32Array(control);
const batch = new ReceiveBatch();
const sockets = given.map((socket) =>
  socket.kind === 'datagram' ? new DatagramSocket(socket, batch) : new StreamSocket(socket),
);
const poll = new PollSet();

function followOrders(): void {
  for (const [i, socket] of sockets.entries()) {
    const wanted = Atomics.load(words, word.wanted(i));
    if (wanted === Atomics.load(words, word.adopted(i))) continue;
    socket.adopt(wanted);
    wakeMain();
    Atomics.store(words, word.adopted(i), wanted);
  }
}

/** The main thread says before it sleeps that it wants to be woken; a message costs too much to send each time. */
function wakeMain(): void {
  if (Atomics.compareExchange(words, word.mainWaits, 1, 0) === 1) port?.postMessage(0);
}

let timeoutMs = 0;
while (true) {
  // Read first: what was queued before the order to stop is then seen by the round that ends the loop.
  const stopping = Atomics.load(words, word.stop) === 1;
  followOrders();
  poll.clear();
  let blocked = false;
  for (const socket of sockets) if (!socket.addTo(poll)) blocked = true;
  poll.wait(stopping && !blocked ? 0 : blocked ? Math.min(timeoutMs, fullPauseMs) : timeoutMs);
  let some = false;
  let more = false;
  for (const socket of sockets) {
    const taken = socket.receive(poll);
    if (taken !== 'nothing') some = true;
    if (taken === 'more') more = true;
  }
  if (some) {
    wakeMain();
    timeoutMs = 0;
    if (!more && !stopping) Atomics.wait(words, word.stop, 0, napMs);
  } else if (stopping && !blocked) break;
  else timeoutMs = idleMs;
}
for (const socket of sockets) socket.close();
