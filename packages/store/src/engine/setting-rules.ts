import { failure } from './clickhouse-error.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Beginnings of settings that shape one statement: formats, algorithms, thresholds, limits that only narrow. */
const allowedPrefixes = words(`
  output_format_ input_format_ format_ date_time_ bool_ cast_ formatdatetime_ parsedatetime_ splitby_ regexp_ geo_ decimal_
  precise_ function_ short_circuit_ low_cardinality_ validate_ dictionary_
  join_ any_join_ partial_merge_join_ group_by_ distinct_ aggregat count_ asterisk_ totals_ empty_result_ use_ enable_
  query_plan_ query_cache_ compile_ optimize_ prefer_ preferred_ read_ merge_tree_ min_ max_ timeout_ collect_
  insert_ async_insert wait_for_async_insert deduplicate_ update_insert_ throw_ lightweight_ parallel_view_
  materialized_views_ mutations_sync alter_sync do_not_merge_
  allow_suspicious_ allow_hyperscan allow_nondeterministic_ allow_simdjson allow_aggregate_ allow_reorder_
  allow_push_ allow_statistics allow_key_ allow_dynamic_type allow_general_ allow_experimental_analyzer
  allow_experimental_json_type allow_experimental_dynamic_type allow_experimental_variant_type
  allow_experimental_qbit_type allow_experimental_statistic allow_experimental_full_text_index allow_experimental_join_
  allow_experimental_lightweight_ allow_experimental_time_series_aggregate`);

const allowedNames = new Set(
  words(`
  extremes final limit offset log_comment session_timezone transform_null_in union_default_mode except_default_mode
  intersect_default_mode data_type_default_nullable flatten_nested rows_before_aggregation exact_rows_before_limit
  result_overflow_mode set_overflow_mode sort_overflow_mode transfer_overflow_mode join_algorithm
  legacy_column_name_of_tuple_literal fsync_metadata ignore_data_skipping_indices select_sequential_consistency
  single_join_prefer_left_table joined_subquery_requires_alias type_json_skip_duplicated_paths`),
);

/**
 * Exceptions: files (schemas, templates, error files), addresses, secrets, and limits that keep one statement from
 * taking the machine.
 */
const refused =
  /schema(?!_inference)|template|_path$|registry|secret|url|remote|hdfs|s3|iceberg|paimon|filesystem|distributed|replica|keeper|^max_(?:memory|server|untracked|temporary|ast|parser|query_size|sessions|backup|network|concurrent|table_size|partition_size|local_)|^enable_(?:debug|streaming|job_stack)|^function_sleep/;

/** Accepted by @clickhouse/client for the HTTP layer; they mean nothing inside the engine. */
const httpOnly = new Set([
  'wait_end_of_query',
  'http_wait_end_of_query',
  'send_progress_in_http_headers',
  'http_response_buffer_size',
  'http_headers_progress_interval_ms',
  'http_send_progress_interval_ms',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_compression_method',
  'http_native_compression_disable_checksumming_on_decompress',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
  'add_http_cors_header',
  'buffer_size',
  'quota_key',
  'client_protocol_version',
  'stacktrace',
]);

/** Whether this URL parameter concerns HTTP alone. */
export function isHttpSetting(name: string): boolean {
  return httpOnly.has(name);
}

/**
 * Refuses a setting that is not known to be harmless: what lifts limits (`max_memory_usage`, `readonly`),
 * reads or writes files (`format_schema`, `format_template_*`), holds SQL of its own (`additional_table_filters`)
 * or changes the language (`dialect`). The list says what is allowed, so a new engine brings no new hole.
 * @param existing names of the engine's settings, if they are known
 * @throws ClickHouseFailure ACCESS_DENIED, or UNKNOWN_SETTING for a name that the engine does not have
 */
export function checkSetting(name: string, existing?: ReadonlySet<string>): void {
  const known = allowedNames.has(name) || allowedPrefixes.some((prefix) => name.startsWith(prefix));
  if (known && !refused.test(name)) return;
  if (existing !== undefined && !existing.has(name))
    throw failure(
      'UNKNOWN_SETTING',
      `Setting ${name.slice(0, 80)} is neither a builtin setting nor one of this store.`,
    );
  throw failure(
    'ACCESS_DENIED',
    `Setting '${name.slice(0, 80)}' cannot be set per statement here; leave it out, or use a ClickHouse server of your own (store.url).`,
  );
}

/** Limits that a statement may narrow but not lift, as the engine's settings name them. */
export type Ceilings = Readonly<Record<string, number>>;

/**
 * What a client asked for, but no limit above its ceiling. 0 means "no limit" to the engine and so is more than
 * any ceiling; the same goes for what is not a plain number.
 */
export function underCeilings(
  settings: readonly (readonly [name: string, literal: string])[],
  ceilings: Ceilings,
): [name: string, literal: string][] {
  return settings.map(([name, literal]) => {
    const ceiling = Object.hasOwn(ceilings, name) ? ceilings[name] : undefined;
    if (ceiling === undefined) return [name, literal];
    const value = /^'?(\d{1,15}(?:\.\d{1,9})?)'?$/.exec(literal)?.[1];
    const isLess = value !== undefined && Number(value) > 0 && Number(value) < ceiling;
    return [name, isLess ? literal : String(ceiling)];
  });
}
