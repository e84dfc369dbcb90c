import type { KeptSession } from './kept-session.ts';
import type { MemoryShare } from './memory-share.ts';
import { sqlName, sqlString } from './sql-text.ts';

/** One statement for the engine: settings and parameters as SQL literals, applied in this order. */
export interface Job {
  /** Unique; `kill` finds the running statement by it. */
  id: string;
  sql: string;
  format: string;
  database: string | undefined;
  settings: readonly (readonly [name: string, literal: string])[];
  /** Query parameters in ClickHouse's escaped text form, as they stand in a URL. */
  parameters: ReadonlyMap<string, string>;
  /** The engine itself then refuses every write, most table functions and further settings. */
  readonly: boolean;
  /** Run in this session of the engine instead of a fresh one. */
  kept?: KeptSession | undefined;
}

/** What the engine may use. */
export interface EngineLimits {
  memory: MemoryShare;
  /** For one statement. */
  threads: number;
  /** Whether merged parts are on disk before what they were made from goes. */
  fsync: boolean;
}

/** Statements that prepare a fresh session for a job. The job's id leads log_comment, where `kill` finds it. */
export function jobPrelude(job: Job, limits: EngineLimits): string {
  const comment = job.settings.findLast(([name]) => name === 'log_comment')?.[1] ?? '';
  const assignments = [
    `max_threads = ${limits.threads}`,
    'max_query_size = 2097152',
    ...(job.readonly ? readSettings(limits) : writeSettings(limits)),
    ...job.settings.map(([name, literal]) => `${sqlName(name)} = ${literal}`),
    `log_comment = '${job.id} ${/^'.*'$/s.test(comment) ? comment.slice(1) : "'"}`,
    ...[...job.parameters].map(([name, value]) => `${sqlName(`param_${name}`)} = ${sqlString(value)}`),
  ];
  const statements = [`SET ${assignments.join(', ')}`];
  if (job.database !== undefined) statements.unshift(`USE ${sqlName(job.database)}`);
  if (job.readonly) statements.push('SET readonly = 1');
  return statements.join('; ');
}

/** When the engine's memory is short, it stops the statement with the most memory per unit of this first. */
const overcommitUnit = { read: 1_048_576, write: 2 ** 50 };

function readSettings({ memory }: EngineLimits): string[] {
  return [
    `max_memory_usage = ${memory.read}`,
    `memory_overcommit_ratio_denominator = ${overcommitUnit.read}`,
  ];
}

/** What writes never waits for a thread that reads have taken. */
function writeSettings({ memory }: EngineLimits): string[] {
  return [
    `max_memory_usage = ${memory.write}`,
    `memory_overcommit_ratio_denominator = ${overcommitUnit.write}`,
    'use_concurrency_control = 0',
  ];
}

/** Finds the running job of this id in system.processes. */
export function jobFilter(id: string): string {
  return `startsWith(Settings['log_comment'], ${sqlString(`${id} `)})`;
}

/** A statement that stops the running job of this id. */
export function killStatement(id: string): string {
  return `KILL QUERY WHERE ${jobFilter(id)} ASYNC`;
}
