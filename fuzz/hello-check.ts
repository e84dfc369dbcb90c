import {
  encodeNetworkEvent,
  HelloTracker,
  type HelloTrackerOptions,
  type NetworkEvent,
} from '../packages/sentinel/src/index.ts';

/** Small enough that a short input passes every one of them. */
const limits: NonNullable<HelloTrackerOptions['limits']> = {
  flows: 8,
  segmentsPerFlow: 10,
  bytesPerFlow: 4096,
  preambleBytes: 2048,
  heldBytes: 12 * 1024,
  idleNs: 1e9,
};

/** A tracker with narrow bounds that checks every event it gives. */
export function checkedTracker(): HelloTracker {
  return new HelloTracker({ sensorId: 'fuzz', onEvent: check, limits });
}

function check(event: NetworkEvent): void {
  const parsed = JSON.parse(encodeNetworkEvent(event)) as Record<string, unknown>;
  for (const [field, value] of Object.entries(event)) {
    if (value !== undefined && JSON.stringify(parsed[field]) !== JSON.stringify(value))
      throw new Error(`the event's JSON says otherwise: ${field}`);
  }
  for (const port of [event.src_port, event.dst_port])
    if (!(Number.isInteger(port) && port >= 0 && port <= 0xffff)) throw new Error(`not a port: ${port}`);
  if (event.syn_to_clienthello_ms !== undefined && !(event.syn_to_clienthello_ms >= 0))
    throw new Error(`a hello before its SYN: ${event.syn_to_clienthello_ms}`);
}

/** The capture is over: everything must have been let go, and every packet counted. */
export function finish(tracker: HelloTracker, packets: number): void {
  if (tracker.flows > 16) throw new Error(`${tracker.flows} flows`);
  tracker.finish();
  if (tracker.flows !== 0) throw new Error(`${tracker.flows} flows after the end`);
  const { statistics } = tracker;
  if (statistics.packets !== packets) throw new Error(`${statistics.packets} of ${packets} packets counted`);
  for (const [name, count] of Object.entries(statistics))
    if (!Number.isInteger(count) || count < 0) throw new Error(`${name} is ${count}`);
}
