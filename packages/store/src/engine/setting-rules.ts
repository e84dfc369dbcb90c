import { failure } from './clickhouse-error.ts';

/** Settings a statement may carry for any role: they shape one statement and cannot lift a limit. */
const allowed =
  /^(?:output_format_(?!schema)|input_format_(?!record_errors)|date_time_|bool_|format_(?!schema|template|custom_|avro_schema_registry|display_secrets)|join_|any_join_|insert_|async_insert|wait_for_async_insert|deduplicate_|update_insert_|optimize_|group_by_|distinct_|empty_result_|aggregat|use_|query_plan_|compile_|min_|max_(?!memory|server|untracked|temporary_|ast_|parser_|query_size|sessions|backup|network|remote|distributed|replicated|concurrent)|preferred_|prefer_|read_|merge_tree_|do_not_merge|mutations_sync$|alter_sync$|lightweight_|parallel_view_|materialized_views_|transform_null_in$|union_default_mode$|except_default_mode$|intersect_default_mode$|cast_|short_circuit_|extremes$|final$|limit$|offset$|totals_|log_comment$|log_queries|timeout_|\w+_overflow_mode$|session_timezone$|null_|data_type_default_nullable$|flatten_nested$|rows_before_|exact_rows_|enable_(?!named|url|hdfs|s3|sharing|multiple_prewhere|software|lazy_columns_replication)|asterisk_|count_|validate_|throw_|precise_|regexp_|splitby_|h3_|geo_|decimal_|check_|low_cardinality_|dictionary_|legacy_|any_|collect_|function_|formatdatetime_|parsedatetime_|partial_|filter_|allow_(?:suspicious|experimental|hyperscan|nullable|nondeterministic|simdjson|prefetched|aggregate|execute|reorder|push|statistics|key|materialized|dynamic|general|asynchronous|create|get|unrestricted_reads_from_keeper)\w*)/;

/** Accepted by @clickhouse/client for the HTTP layer; they mean nothing inside the engine. */
const httpOnly = new Set([
  'wait_end_of_query',
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
  'session_timeout',
  'session_check',
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
 * @throws ClickHouseFailure ACCESS_DENIED
 */
export function checkSetting(name: string): void {
  if (allowed.test(name)) return;
  throw failure(
    'ACCESS_DENIED',
    `Setting '${name.slice(0, 80)}' cannot be set per statement here; leave it out, or use a ClickHouse server of your own (store.url).`,
  );
}
