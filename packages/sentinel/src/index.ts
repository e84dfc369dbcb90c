export {
  type CaptureReading,
  type ReadCaptureOptions,
  readCaptureFile,
} from './capture-file/read-capture-file.ts';
export { type CaptureCounter, type CaptureStatistics, captureCounters } from './capture-statistics.ts';
export { HelloTracker, type HelloTrackerOptions } from './hello-tracker.ts';
export type { NetworkEvent } from './network-event.ts';
export { type SentinelOptions, type Service, startSentinel } from './sentinel.ts';
export * from './synthetic/index.ts';
