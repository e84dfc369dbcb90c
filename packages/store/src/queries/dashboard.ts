/** Queries of the dashboard's pages, one typed function per file of `sql/queries/dashboard`. */
export * from './dashboard-fingerprint.ts';
export * from './dashboard-overview.ts';
export * from './dashboard-pipeline.ts';
export {
  longestQuerySeconds,
  type Reader,
  type Span,
  type Timestamp,
  type UInt64,
} from './dashboard-reading.ts';
export * from './dashboard-requests.ts';
export * from './dashboard-verdicts.ts';
export * from './dashboard-visitor.ts';
