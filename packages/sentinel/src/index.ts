export type { CaptureFormat, PacketSink } from './capture-file/format.ts';
export { isPcap, PcapFormat, pcapHeaderLength } from './capture-file/pcap.ts';
export { isPcapng, PcapngFormat } from './capture-file/pcapng.ts';
export {
  type CaptureReading,
  type ReadCaptureOptions,
  readCaptureFile,
} from './capture-file/read-capture-file.ts';
export { type CaptureCounter, type CaptureStatistics, captureCounters } from './capture-statistics.ts';
export { encodeNetworkEvent } from './encode-network-event.ts';
export { HelloTracker, type HelloTrackerOptions } from './hello-tracker.ts';
export type { NetworkEvent } from './network-event.ts';
export type { EventOutput } from './output/event-output.ts';
export type { SentinelOptions, Service } from './sentinel.ts';
export { startSentinel } from './start-sentinel.ts';
export * from './synthetic/index.ts';

/** How counters are told to people and to Prometheus; who only reads captures does without. */
export const loadMetricOf = async () => (await import('./metric-families.ts')).metricOf;
