export { connectStore, type Databases, type Store, type StoreOptions } from './connect.ts';
export { type Role, readStorePassword } from './engine/credentials.ts';
export { type EngineOptions, type EngineService, startEngine } from './engine/start-engine.ts';
export { encodedHttpLogColumns, HttpLogEncoder } from './http-log-encoder.ts';
export { absentHttpLogRow, type HttpLogRow, httpLogColumns } from './http-log-row.ts';
export { type EncodedHttpLogs, insertEncodedHttpLogs, insertHttpLogs } from './insert-http-logs.ts';
export {
  type MigrationOptions,
  type MigrationReport,
  type MigrationState,
  migrate,
  migrationStatus,
  type PlannedMigration,
  plannedMigrations,
  renderMigrations,
} from './migrate.ts';
export * from './queries/dashboard.ts';
export * from './queries/detector.ts';
export { type SessionRow, sessionFeatures } from './queries/sessions.ts';
export {
  loadReferenceData,
  type ReferenceDataOptions,
  type ReferenceDataReport,
  shippedReferenceData,
} from './reference-data.ts';
export { migratedRetention, plannedRetention, type Retention, type RetentionChange } from './retention.ts';
export { type DecodedRows, decodeRowBinary, type EncodedColumn } from './row-binary-reader.ts';
export { recordMetrics, type ServiceInstance } from './service-metrics.ts';
export { databaseName, loadQuery } from './sql-files.ts';
export { onCluster, type Topology } from './topology/topology.ts';
