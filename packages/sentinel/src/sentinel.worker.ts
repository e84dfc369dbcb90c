import { randomInt } from 'node:crypto';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Logger, pino } from 'pino';
import { encodeNetworkEvent } from './encode-network-event.ts';
import { HelloTracker } from './hello-tracker.ts';
import { openCapture } from './live/capture.ts';
import { createEventOutput } from './output/event-output.ts';
import {
  type FromSentinelThread,
  reloadMessage,
  type SentinelState,
  type SentinelThreadOptions,
  stopMessage,
} from './sentinel-messages.ts';
import { SourceExclusions } from './source-exclusions.ts';

/** How often the main thread learns the counters, in milliseconds. */
const stateIntervalMs = 250;

/** The capturing thread: packets from the ring through the tracker to the outputs, without leaving it. */
async function capture(port: MessagePort, options: SentinelThreadOptions): Promise<void> {
  const say = (message: FromSentinelThread) => port.postMessage(message);
  const log: Logger = pino(
    { level: options.logLevel, base: null, timestamp: false },
    { write: (line: string) => say({ kind: 'log', line }) },
  );
  const output = await createEventOutput({
    outputs: options.outputs,
    log,
    onEnd: (why) => say({ kind: 'ended', why }),
  });
  const tracker = new HelloTracker({
    sensorId: options.sensorId,
    onEvent: (event) => output.send(encodeNetworkEvent(event)),
    hashSeed: randomInt(2 ** 32),
    exclusions: new SourceExclusions(options.excludeSourceIps),
  });
  const packets = await openCapture({
    interfaces: options.interfaces,
    ports: options.ports,
    localAddresses: options.localAddresses,
    bpfFilter: options.bpfFilter,
    excludeSourceIps: options.excludeSourceIps,
    source: options.source,
    log,
    onPacket: tracker.packet.bind(tracker),
    onTick: () => tracker.tick(Date.now() * 1e6),
    // What could not be sent at once is tried again on a timer.
    hasOtherWork: output.urgent,
  });

  const state = (): SentinelState => {
    const sent = Object.entries(output.counters()).map(([name, value]) => [`output_${name}`, value]);
    const counters: Record<string, number> = { ...tracker.statistics, ...packets.counters() };
    const capturing = packets.ready();
    return {
      counters: { ...counters, flows: tracker.flows, ...Object.fromEntries(sent) },
      ready: capturing.ok ? output.ready() : capturing,
    };
  };
  const reporting = setInterval(() => say({ kind: 'state', state: state() }), stateIntervalMs);
  say({ kind: 'state', state: state() });
  say({ kind: 'started' });

  const stop = async () => {
    clearInterval(reporting);
    await packets.stop();
    tracker.finish();
    await output.stop();
    say({ kind: 'stopped', state: state() });
    port.close();
  };
  port.on('message', async (message: unknown) => {
    if (message === stopMessage) return await stop();
    if (message !== reloadMessage) throw new Error(`the sentinel's thread was told ${String(message)}`);
    await output.reopen();
    say({ kind: 'reloaded' });
  });
}

const main = parentPort;
if (main === null) throw new Error('sentinel.worker.ts runs as a worker thread');
capture(main, workerData as SentinelThreadOptions).catch((error: Error & { code?: string }) => {
  const failed: FromSentinelThread = { kind: 'failed', code: error.code, message: error.message };
  main.postMessage(failed);
  main.close();
});
