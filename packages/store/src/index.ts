export { connectStore, type Databases, type Store, type StoreOptions } from './connect.ts';
export { type Role, readStorePassword } from './engine/credentials.ts';
export { type EngineOptions, type EngineService, startEngine } from './engine/start-engine.ts';
export { absentHttpLogRow, type HttpLogRow, httpLogColumns } from './http-log-row.ts';
export { insertHttpLogs } from './insert-http-logs.ts';
export { type MigrationReport, type MigrationState, migrate, migrationStatus } from './migrate.ts';
export * from './queries/dashboard.ts';
export * from './queries/detector.ts';
export { type SessionRow, sessionFeatures } from './queries/sessions.ts';
export {
  loadReferenceData,
  type ReferenceDataOptions,
  type ReferenceDataReport,
  shippedReferenceData,
} from './reference-data.ts';
export { recordMetrics, type ServiceInstance } from './service-metrics.ts';
export { databaseName, loadQuery } from './sql-files.ts';
