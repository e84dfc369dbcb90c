export { Spool, type SpoolOptions } from './spool.ts';
export type { SpoolBatch } from './spool-batch.ts';
export { type SpooledRow, type SpoolStatus, spooledRows, spoolStatus } from './spool-view.ts';
