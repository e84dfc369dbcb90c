export { absentHttpLogRow, type HttpLogRow, httpLogColumns } from './http-log-row.ts';
export { insertHttpLogs } from './insert-http-logs.ts';
export { type MigrationReport, type MigrationState, migrate, migrationStatus } from './migrate.ts';
export { databaseName, loadQuery } from './sql-files.ts';
