#include "event.h"

#include "event_writer.h"

#include <apr_strings.h>
#include <http_ssl.h>

/* Longer values are cut. */
enum { PATH_MAX_BYTES = 2048, QUERY_MAX_BYTES = 2048, TOKEN_MAX_BYTES = 256 };

/* Apache merges repeated fields when it has read the whole head. */
static const char *value_of(request_rec *request, const char *name, bool refused)
{
    if (refused) return apr_table_getm(request->pool, request->headers_in, name);
    return apr_table_get(request->headers_in, name);
}

event_request *event_take_request(request_rec *request, const reqin_config *config, connection_state *connection,
    bool refused)
{
    const int count = config->header_keys != NULL ? config->header_keys->nelts : 0;
    event_request *taken = apr_palloc(request->pool, sizeof *taken + (size_t)count * sizeof taken->header_values[0]);
    *taken = (event_request){.header_count = count};
    taken->index = connection_take_request(connection, request, &taken->names);
    taken->path = request->parsed_uri.path ? request->parsed_uri.path : request->uri;
    taken->query = request->parsed_uri.query;
    for (int i = 0; i < count; i++) {
        const char *key = APR_ARRAY_IDX(config->header_keys, i, const char *);
        taken->header_values[i] = value_of(request, HEADER_NAME_OF(key), refused);
    }
    return taken;
}

/* NULL when not even the request line came. */
static const char *http_version(const request_rec *request)
{
    if (connection_is_http2(request)) return "HTTP/2";
    if (request->the_request == NULL || request->the_request[0] == '\0') return NULL;
    return request->proto_num >= HTTP_VERSION(1, 1) ? "HTTP/1.1" : "HTTP/1.0";
}

static void write_h2(event_writer *event, const connection_h2 *h2)
{
    static const char *const setting_names[H2_SETTINGS_KNOWN + 1] = {[1] = "h2_header_table_size",
        [2] = "h2_enable_push", [3] = "h2_max_concurrent_streams", [4] = "h2_initial_window_size",
        [5] = "h2_max_frame_size", [6] = "h2_max_header_list_size", [8] = "h2_enable_connect_protocol",
        [9] = "h2_no_rfc7540_priorities"};
    event_text(event, "h2_fingerprint", h2->fingerprint, H2_FINGERPRINT_TEXT);
    if (h2->cut) event_mark_cut(event, "h2_fingerprint");
    event_text(event, "h2_settings_fp", h2->settings, H2_SETTINGS_TEXT);
    if (h2->window_update_seen) json_unsigned(&event->json, "h2_window_update", h2->window_update);
    event_text(event, "h2_pseudo_order", h2->pseudo_order, TOKEN_MAX_BYTES);
    json_unsigned(&event->json, "h2_has_priority", h2->has_priority);
    for (int id = 1; id <= H2_SETTINGS_KNOWN; id++) {
        if (setting_names[id] != NULL && h2->setting_seen[id])
            json_unsigned(&event->json, setting_names[id], h2->setting[id]);
    }
}

static void write_headers(event_writer *event, const event_request *taken, const reqin_config *config)
{
    event_text(event, "client_headers_order", taken->names.wire ? "wire" : "server", TOKEN_MAX_BYTES);
    event_text(event, "client_headers", taken->names.text, HEADER_NAMES_MAX);
    if (taken->names.cut) event_mark_cut(event, "client_headers");
    int left = reqin_max_headers(config);
    for (int i = 0; i < taken->header_count && left > 0; i++) {
        if (taken->header_values[i] == NULL) continue;
        event_text(event, APR_ARRAY_IDX(config->header_keys, i, const char *), taken->header_values[i],
            (size_t)reqin_max_value_length(config));
        left--;
    }
}

static void write_peers(event_writer *event, const request_rec *request, const connection_state *connection)
{
    event_text(event, "src_ip", connection->peer_ip, TOKEN_MAX_BYTES);
    json_unsigned(&event->json, "src_port", connection->peer_port);
    if (request->useragent_ip != NULL && strcmp(request->useragent_ip, connection->peer_ip) != 0)
        event_text(event, "client_ip", request->useragent_ip, TOKEN_MAX_BYTES);
    event_text(event, "dst_ip", connection->local_ip, TOKEN_MAX_BYTES);
    json_unsigned(&event->json, "dst_port", connection->local_port);
    event_text(event, "conn_id", connection->id, TOKEN_MAX_BYTES);
}

static void write_response(event_writer *event, const request_rec *last, apr_time_t began)
{
    const apr_time_t now = apr_time_now();
    json_unsigned(&event->json, "status_code", last->status > 0 ? (uint64_t)last->status : 0);
    json_unsigned(&event->json, "response_size", last->bytes_sent > 0 ? (uint64_t)last->bytes_sent : 0);
    json_milliseconds(&event->json, "duration_ms", now > began ? (uint64_t)(now - began) : 0);
}

/* Everything that must not be lost comes before what a client can make long. */
static void write_fields(event_writer *event, const request_rec *first, const request_rec *last,
    const event_request *taken, const reqin_config *config, const connection_state *connection, const char *server_id,
    uint64_t sequence)
{
    const conn_rec *carrier = first->connection->master ? first->connection->master : first->connection;
    json_unsigned(&event->json, "timestamp", (uint64_t)first->request_time * 1000);
    event_text(event, "source", "apache", TOKEN_MAX_BYTES);
    event_text(event, "server_id", server_id, TOKEN_MAX_BYTES);
    json_unsigned(&event->json, "seq", sequence);
    json_unsigned(&event->json, "dropped_total", delivery_dropped());
    write_peers(event, first, connection);
    json_unsigned(&event->json, "keepalives", taken->index);
    event_text(event, "scheme", ap_ssl_conn_is_ssl((conn_rec *)carrier) ? "https" : "http", TOKEN_MAX_BYTES);
    event_text(event, "method", first->method ? first->method : "", TOKEN_MAX_BYTES);
    event_text(event, "http_version", http_version(first), TOKEN_MAX_BYTES);
    if (last != NULL) write_response(event, last, first->request_time);
    const connection_h2 *h2 = atomic_load(&connection->h2);
    if (h2 != NULL && connection_is_http2(first)) write_h2(event, h2);
    event_text(event, "host", first->hostname ? first->hostname : "", TOKEN_MAX_BYTES);
    event_text(event, "path", taken->path ? taken->path : "", PATH_MAX_BYTES);
    event_text(event, "query", taken->query ? taken->query : "", QUERY_MAX_BYTES);
    write_headers(event, taken, config);
}

const char *event_write(const request_rec *first, const request_rec *last, const event_request *taken,
    const reqin_config *config, const connection_state *connection, const char *server_id,
    char usual[EVENT_USUAL_BYTES], apr_size_t *length)
{
    const uint64_t sequence = delivery_next_sequence();
    event_writer event;
    event_writer_open(&event, usual, EVENT_USUAL_BYTES);
    write_fields(&event, first, last, taken, config, connection, server_id, sequence);
    if (event.json.omitted > 0) {
        event_writer_open(&event, apr_palloc(first->pool, EVENT_BYTES_MAX), EVENT_BYTES_MAX);
        write_fields(&event, first, last, taken, config, connection, server_id, sequence);
    }
    *length = event_writer_close(&event);
    return event.json.buffer;
}
