#include "event.h"

#include "json_writer.h"

#include <apr_lib.h>
#include <apr_optional.h>
#include <apr_strings.h>
#include <http_ssl.h>
#include <stdlib.h>

/* Longer values are cut: the limits keep an event below EVENT_BYTES_MAX even if every byte is escaped. */
enum { PATH_MAX_BYTES = 2048, QUERY_MAX_BYTES = 2048, NAME_LIST_BYTES = 2048, TOKEN_MAX_BYTES = 256 };
/* Fits nearly every event; those that do not fit are written again into the full size. */
enum { USUAL_BYTES = 8192 };

/* Of mod_http2 (mod_http2.h), which may be absent. */
APR_DECLARE_OPTIONAL_FN(char *, http2_var_lookup, (apr_pool_t *, server_rec *, conn_rec *, request_rec *, char *));

static bool is_http2(const request_rec *request) { return request->proto_num >= HTTP_VERSION(2, 0); }

/*
 * Names of all headers in the order that Apache kept: the wire's under HTTP/1.1. mod_http2 capitalises the
 * names and appends Host (made of :authority), so there the names are lowered and that Host is left out.
 */
static const char *table_names(request_rec *request)
{
    const apr_array_header_t *headers = apr_table_elts(request->headers_in);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)headers->elts;
    const bool http2 = is_http2(request);
    int count = headers->nelts;
    if (http2 && count > 0 && ap_cstr_casecmp(entries[count - 1].key, "Host") == 0) count--;
    char *names = apr_palloc(request->pool, NAME_LIST_BYTES), *at = names;
    for (int i = 0; i < count; i++) {
        const size_t length = strlen(entries[i].key);
        if (length + 2 > NAME_LIST_BYTES - (size_t)(at - names)) break;
        if (at > names) *at++ = ',';
        memcpy(at, entries[i].key, length);
        at += length;
    }
    *at = '\0';
    if (http2) ap_str_tolower(names);
    return names;
}

/* True for the request that the connection's preface reader has seen. */
static bool is_first_stream(request_rec *request, const connection_h2 *h2)
{
    static char variable[] = "H2_STREAM_ID";
    APR_OPTIONAL_FN_TYPE(http2_var_lookup) *lookup = APR_RETRIEVE_OPTIONAL_FN(http2_var_lookup);
    if (lookup == NULL) return false;
    const char *stream = lookup(request->pool, request->server, request->connection, request, variable);
    return stream != NULL && strtoul(stream, NULL, 10) == h2->first_stream_id;
}

static const char *header_names(request_rec *request, connection_state *connection)
{
    const connection_h2 *h2 = atomic_load(&connection->h2);
    if (h2 != NULL && h2->first_request_names != NULL && is_http2(request) && is_first_stream(request, h2))
        return h2->first_request_names;
    return table_names(request);
}

event_request *event_take_request(request_rec *request, const reqin_config *config, connection_state *connection)
{
    event_request *taken = apr_pcalloc(request->pool, sizeof *taken);
    taken->index = atomic_fetch_add(&connection->requests, 1);
    taken->path = request->parsed_uri.path ? request->parsed_uri.path : request->uri;
    taken->query = request->parsed_uri.query;
    taken->header_names = header_names(request, connection);
    if (config->headers != NULL) {
        taken->header_values = apr_pcalloc(request->pool, sizeof(char *) * (size_t)config->headers->nelts);
        for (int i = 0; i < config->headers->nelts; i++)
            taken->header_values[i] = apr_table_getm(request->pool, request->headers_in,
                APR_ARRAY_IDX(config->headers, i, const char *));
    }
    return taken;
}

static const char *http_version(const request_rec *request)
{
    if (is_http2(request)) return "HTTP/2";
    return request->proto_num == HTTP_VERSION(1, 1) ? "HTTP/1.1" : "HTTP/1.0";
}

static void text(json_writer *json, const char *name, const char *value, size_t limit)
{
    if (value != NULL) json_text(json, name, value, json_text_cut(value, strlen(value), limit));
}

static void write_h2(json_writer *json, const connection_h2 *h2)
{
    static const char *const setting_names[H2_SETTINGS_KNOWN + 1] = {[1] = "h2_header_table_size",
        [2] = "h2_enable_push", [3] = "h2_max_concurrent_streams", [4] = "h2_initial_window_size",
        [5] = "h2_max_frame_size", [6] = "h2_max_header_list_size", [8] = "h2_enable_connect_protocol",
        [9] = "h2_no_rfc7540_priorities"};
    text(json, "h2_fingerprint", h2->fingerprint, H2_FINGERPRINT_TEXT);
    text(json, "h2_settings_fp", h2->settings, H2_SETTINGS_TEXT);
    if (h2->window_update_seen) json_unsigned(json, "h2_window_update", h2->window_update);
    text(json, "h2_pseudo_order", h2->pseudo_order, TOKEN_MAX_BYTES);
    json_unsigned(json, "h2_has_priority", h2->has_priority);
    for (int id = 1; id <= H2_SETTINGS_KNOWN; id++) {
        if (setting_names[id] != NULL && h2->setting_seen[id]) json_unsigned(json, setting_names[id], h2->setting[id]);
    }
}

static void write_headers(json_writer *json, apr_pool_t *pool, const event_request *taken, const reqin_config *config)
{
    text(json, "client_headers", taken->header_names, NAME_LIST_BYTES);
    const int configured = config->headers != NULL ? config->headers->nelts : 0;
    int left = reqin_max_headers(config);
    for (int i = 0; i < configured && left > 0; i++) {
        if (taken->header_values[i] == NULL) continue;
        const char *name = apr_pstrcat(pool, "header_", APR_ARRAY_IDX(config->headers, i, const char *), NULL);
        text(json, name, taken->header_values[i], (size_t)reqin_max_value_length(config));
        left--;
    }
}

/* `sequence` … `duration`: everything that must not be lost comes before what a client can make long. */
static void write_fields(json_writer *json, const request_rec *first, const request_rec *last,
    const event_request *taken, const reqin_config *config, const connection_state *connection, const char *server_id,
    uint64_t sequence, uint64_t dropped, apr_time_t now)
{
    const conn_rec *carrier = first->connection->master ? first->connection->master : first->connection;
    const apr_time_t began = first->request_time;
    json_unsigned(json, "timestamp", (uint64_t)began * 1000);
    text(json, "source", "apache", TOKEN_MAX_BYTES);
    text(json, "server_id", server_id, TOKEN_MAX_BYTES);
    json_unsigned(json, "seq", sequence);
    json_unsigned(json, "dropped_total", dropped);
    text(json, "src_ip", connection->peer_ip, TOKEN_MAX_BYTES);
    json_unsigned(json, "src_port", connection->peer_port);
    if (first->useragent_ip != NULL && strcmp(first->useragent_ip, connection->peer_ip) != 0)
        text(json, "client_ip", first->useragent_ip, TOKEN_MAX_BYTES);
    text(json, "dst_ip", connection->local_ip, TOKEN_MAX_BYTES);
    json_unsigned(json, "dst_port", connection->local_port);
    text(json, "conn_id", connection->id, TOKEN_MAX_BYTES);
    json_unsigned(json, "keepalives", taken->index);
    text(json, "scheme", ap_ssl_conn_is_ssl((conn_rec *)carrier) ? "https" : "http", TOKEN_MAX_BYTES);
    text(json, "method", first->method ? first->method : "", TOKEN_MAX_BYTES);
    text(json, "http_version", http_version(first), TOKEN_MAX_BYTES);
    json_unsigned(json, "status_code", last->status > 0 ? (uint64_t)last->status : 0);
    json_unsigned(json, "response_size", last->bytes_sent > 0 ? (uint64_t)last->bytes_sent : 0);
    json_milliseconds(json, "duration_ms", now > began ? (uint64_t)(now - began) : 0);
    const connection_h2 *h2 = atomic_load(&connection->h2);
    if (h2 != NULL && is_http2(first)) write_h2(json, h2);
    text(json, "host", first->hostname ? first->hostname : "", TOKEN_MAX_BYTES);
    text(json, "path", taken->path ? taken->path : "", PATH_MAX_BYTES);
    text(json, "query", taken->query ? taken->query : "", QUERY_MAX_BYTES);
    write_headers(json, first->pool, taken, config);
}

const char *event_write(const request_rec *first, const request_rec *last, const event_request *taken,
    const reqin_config *config, const connection_state *connection, const char *server_id, uint64_t sequence,
    uint64_t dropped, apr_size_t *length)
{
    const apr_time_t now = apr_time_now();
    json_writer json;
    for (size_t size = USUAL_BYTES;; size = EVENT_BYTES_MAX) {
        json_open(&json, apr_palloc(first->pool, size), size);
        write_fields(&json, first, last, taken, config, connection, server_id, sequence, dropped, now);
        if (json.omitted == 0 || size == EVENT_BYTES_MAX) break;
    }
    *length = json_close(&json);
    return json.buffer;
}
