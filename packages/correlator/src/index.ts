export type { EventRejection, EventResult } from './event/field-reader.ts';
export { type HttpEvent, type HttpKey, parseHttpEvent } from './event/http-event.ts';
export { type NetworkEvent, type NetworkKey, parseNetworkEvent } from './event/network-event.ts';
export { type BatchOptions, defaultBatchOptions } from './insert/inserter.ts';
export { type DatagramQueue, datagramQueue } from './intake/index.ts';
export { Join } from './join/join.ts';
export { defaultJoinOptions, type JoinOptions } from './join/join-options.ts';
export { type ReplayOptions, type ReplayReport, replay } from './replay/replay.ts';
export { type CorrelatorOptions, type Service, startCorrelator } from './start-correlator.ts';
