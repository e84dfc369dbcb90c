#include "connection.h"

#include "follower.h"
#include "reqin_log.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <stdlib.h>
#include <unistd.h>
#include <util_filter.h>

/* Of mod_http2 (mod_http2.h), which may be absent. */
APR_DECLARE_OPTIONAL_FN(char *, http2_var_lookup, (apr_pool_t *, server_rec *, conn_rec *, request_rec *, char *));

static const char FILTER_NAME[] = "REQIN_LOG_IN";
static ap_filter_rec_t *input_filter;
static APR_OPTIONAL_FN_TYPE(http2_var_lookup) *lookup_http2_variable;
static apr_uint64_t child_started;
static _Atomic uint64_t connections;
static bool watching;

void connection_child_init(bool watch)
{
    watching = watch;
    child_started = (apr_uint64_t)apr_time_now();
    atomic_store(&connections, 0);
}

connection_state *connection_of(const conn_rec *connection)
{
    const conn_rec *carrier = connection->master ? connection->master : connection;
    return ap_get_module_config(carrier->conn_config, &reqin_log_module);
}

/* Only mod_http2 makes connections inside of connections; a request that it refuses may have no version yet. */
bool connection_is_http2(const request_rec *request) { return request->connection->master != NULL; }

/* The first octet decides whether these may be HTTP/2's: connections that begin otherwise cost nothing more. */
static void follow_h2(connection_state *state, conn_rec *connection, const char *data, apr_size_t length)
{
    if (state->protocol == PROTOCOL_OPEN) {
        state->protocol = PROTOCOL_HTTP1;
        if (data[0] != 'P' || !follower_begin(state, connection)) return;
        state->protocol = PROTOCOL_HTTP2;
    }
    switch (follower_feed(atomic_load(&state->follower), data, length)) {
    case H2_READER_MORE: break;
    case H2_READER_NOT_H2: state->protocol = PROTOCOL_HTTP1; break;
    case H2_READER_BROKEN: state->protocol = PROTOCOL_LOST; break;
    }
}

static bool is_curious(const connection_state *state)
{
    return state->reading_head || state->protocol == PROTOCOL_OPEN || state->protocol == PROTOCOL_HTTP2;
}

static void read_octets(connection_state *state, conn_rec *connection, const char *data, apr_size_t length)
{
    if (length == 0) return;
    if (state->protocol == PROTOCOL_OPEN || state->protocol == PROTOCOL_HTTP2) follow_h2(state, connection, data, length);
    if (state->reading_head) {
        h1_head_feed(state->head, data, length);
        if (state->head->done) state->reading_head = false;
    }
}

/* From here on nothing is known for sure. */
static void lose_track(connection_state *state)
{
    state->protocol = PROTOCOL_LOST;
    state->reading_head = false;
}

/*
 * Looks at what the layers above read, without changing it. It stays in the chain when it has seen enough:
 * a filter that removes itself while it runs leaves HTTP/1.1 requests hanging.
 */
static apr_status_t watch_input(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
    apr_read_type_e block, apr_off_t wanted)
{
    connection_state *state = filter->ctx;
    const apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, wanted);
    if (status != APR_SUCCESS || !is_curious(state)) return status;
    if (mode == AP_MODE_SPECULATIVE || mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) return status;
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
         bucket != APR_BRIGADE_SENTINEL(brigade) && is_curious(state); bucket = APR_BUCKET_NEXT(bucket)) {
        const char *data;
        apr_size_t length;
        if (APR_BUCKET_IS_METADATA(bucket)) continue;
        /* A bucket of unknown length would be read from the socket here: not ours to do. */
        if (bucket->length == (apr_size_t)-1 || apr_bucket_read(bucket, &data, &length, APR_NONBLOCK_READ) != APR_SUCCESS)
            lose_track(state);
        else
            read_octets(state, filter->c, data, length);
    }
    return status;
}

static void keep_addresses(connection_state *state, conn_rec *connection, void *socket)
{
    apr_sockaddr_t *peer = connection->client_addr, *local = connection->local_addr;
    /* The socket knows the TCP peer even when a PROXY header has replaced the connection's address. */
    if (socket != NULL) {
        apr_sockaddr_t *address;
        if (apr_socket_addr_get(&address, APR_REMOTE, socket) == APR_SUCCESS) peer = address;
        if (apr_socket_addr_get(&address, APR_LOCAL, socket) == APR_SUCCESS) local = address;
    }
    char *text;
    state->peer_ip = peer && apr_sockaddr_ip_get(&text, peer) == APR_SUCCESS ? text : "";
    state->peer_port = peer ? peer->port : 0;
    state->local_ip = local && apr_sockaddr_ip_get(&text, local) == APR_SUCCESS ? text : "";
    state->local_port = local ? local->port : 0;
}

static int begin_connection(conn_rec *connection, void *socket)
{
    if (!watching || connection->master != NULL || connection->outgoing) return DECLINED;
    connection_state *state = apr_pcalloc(connection->pool, sizeof *state);
    state->id = apr_psprintf(connection->pool, "%lx-%" APR_UINT64_T_HEX_FMT "-%" APR_UINT64_T_HEX_FMT, (long)getpid(),
        child_started, (apr_uint64_t)atomic_fetch_add(&connections, 1));
    keep_addresses(state, connection, socket);
    ap_set_module_config(connection->conn_config, &reqin_log_module, state);
    ap_add_input_filter_handle(input_filter, state, NULL, connection);
    return DECLINED;
}

/* Apache begins to read an HTTP/1.x request. */
static void begin_head(request_rec *request, conn_rec *connection)
{
    (void)request;
    if (connection->master != NULL) return;
    connection_state *state = connection_of(connection);
    if (state == NULL || state->protocol == PROTOCOL_LOST) return;
    if (state->head == NULL) state->head = apr_palloc(connection->pool, sizeof *state->head);
    h1_head_start(state->head);
    state->reading_head = true;
}

static uint32_t stream_of(request_rec *request)
{
    static char variable[] = "H2_STREAM_ID";
    if (lookup_http2_variable == NULL) return 0;
    const char *stream = lookup_http2_variable(request->pool, request->server, request->connection, request, variable);
    return stream != NULL ? (uint32_t)strtoul(stream, NULL, 10) : 0;
}

/*
 * Names as Apache keeps them: each once. mod_http2 capitalises them and appends Host (made of :authority), so
 * there they are lowered and that Host is left out.
 */
static connection_names table_names(request_rec *request)
{
    const apr_array_header_t *headers = apr_table_elts(request->headers_in);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)headers->elts;
    const bool http2 = connection_is_http2(request);
    int count = headers->nelts;
    if (http2 && count > 0 && ap_cstr_casecmp(entries[count - 1].key, "Host") == 0) count--;
    header_names list;
    header_names_clear(&list);
    for (int i = 0; i < count; i++) header_names_add(&list, entries[i].key, strlen(entries[i].key));
    char *text = apr_pstrmemdup(request->pool, list.text, list.length);
    if (http2) ap_str_tolower(text);
    return (connection_names){.text = text, .cut = list.cut};
}

/* What passed the filter as this request's head; false when that cannot be all of it. */
static bool head_names(connection_state *state, request_rec *request, connection_names *names)
{
    h1_head *head = state->head;
    if (head == NULL || state->protocol == PROTOCOL_LOST) return false;
    const bool whole = head->done || request->assbackwards; /* HTTP/0.9 has none */
    state->reading_head = false;
    if (head->names.open) header_names_end(&head->names);
    /* The table merges names and may lose some, but has none that did not come. */
    if (!head->names.cut && head->names.names < (size_t)apr_table_elts(request->headers_in)->nelts) return false;
    names->text = apr_pstrmemdup(request->pool, head->names.text, head->names.length);
    names->cut = head->names.cut || !whole;
    names->wire = true;
    return true;
}

unsigned connection_take_request(connection_state *state, request_rec *request, connection_names *names)
{
    unsigned index;
    if (connection_is_http2(request)) {
        connection_follower *follower = atomic_load(&state->follower);
        const uint32_t stream = follower != NULL ? stream_of(request) : 0;
        if (stream != 0 && follower_take(follower, stream, request->pool, &index, names)) {
            if (stream == 1) atomic_store(&state->upgrade_served, true);
            if (names->text == NULL) *names = table_names(request);
            return index;
        }
    } else if (head_names(state, request, names)) {
        return atomic_fetch_add(&state->requests, 1);
    }
    *names = table_names(request);
    return atomic_fetch_add(&state->requests, 1);
}

void connection_upgrade(connection_state *state, unsigned index, const connection_names *names, conn_rec *connection)
{
    state->reading_head = false;
    state->upgraded = true;
    if (state->protocol != PROTOCOL_HTTP1 || !follower_begin(state, connection)) return;
    state->protocol = PROTOCOL_HTTP2;
    follower_put(atomic_load(&state->follower), 1, index, names);
}

static void find_http2(void) { lookup_http2_variable = APR_RETRIEVE_OPTIONAL_FN(http2_var_lookup); }

void connection_register_hooks(void)
{
    input_filter = ap_register_input_filter(FILTER_NAME, watch_input, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(begin_connection, NULL, NULL, APR_HOOK_LAST);
    ap_hook_pre_read_request(begin_head, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_optional_fn_retrieve(find_http2, NULL, NULL, APR_HOOK_MIDDLE);
}
