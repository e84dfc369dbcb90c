export type { EventSenderCounters } from './event-sender.ts';
export type { FastifyPlugin, Middleware } from './frameworks.ts';
export { type Ja4Source, type Ja4SourceCounters, ja4Source } from './ja4-source.ts';
export type { FindClientIp } from './request-recorder.ts';
export type { Ja4SourceOptions } from './source-options.ts';
