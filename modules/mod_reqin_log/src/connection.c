#include "connection.h"

#include "reqin_log.h"

#include <apr_strings.h>
#include <http_connection.h>
#include <stdlib.h>
#include <unistd.h>
#include <util_filter.h>

static const char FILTER_NAME[] = "REQIN_LOG_PREFACE";
static ap_filter_rec_t *preface_filter;
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

static connection_h2 *keep_facts(apr_pool_t *pool, const h2_client *client)
{
    connection_h2 *facts = apr_pcalloc(pool, sizeof *facts);
    char fingerprint[H2_FINGERPRINT_TEXT];
    h2_fingerprint(client, fingerprint);
    facts->fingerprint = apr_pstrdup(pool, fingerprint);
    facts->settings = apr_pstrdup(pool, client->settings);
    facts->pseudo_order = apr_pstrdup(pool, client->headers.pseudo_order);
    if (client->headers.complete) facts->first_request_names = apr_pstrdup(pool, client->headers.names);
    facts->first_stream_id = client->stream_id;
    facts->has_priority = client->has_priority;
    facts->window_update_seen = client->window_update_seen;
    facts->window_update = client->window_update;
    memcpy(facts->setting_seen, client->setting_seen, sizeof facts->setting_seen);
    memcpy(facts->setting, client->setting, sizeof facts->setting);
    return facts;
}

static apr_status_t release_preface(void *data)
{
    connection_state *state = data;
    free(state->preface);
    state->preface = NULL;
    return APR_SUCCESS;
}

static void stop_reading(connection_state *state, conn_rec *connection)
{
    state->passed = true;
    apr_pool_cleanup_run(connection->pool, state, release_preface);
}

/* The reader takes 20 KiB, so only connections that begin like HTTP/2 get one, and only while needed. */
static bool ensure_preface(connection_state *state, conn_rec *connection, char first)
{
    if (state->preface != NULL) return true;
    if (first != 'P') return false;
    state->preface = malloc(sizeof *state->preface);
    if (state->preface == NULL) return false;
    h2_preface_start(state->preface);
    apr_pool_cleanup_register(connection->pool, state, release_preface, apr_pool_cleanup_null);
    return true;
}

static void read_preface(connection_state *state, conn_rec *connection, const char *data, apr_size_t length)
{
    if (length == 0) return;
    if (!ensure_preface(state, connection, data[0])) {
        state->passed = true;
        return;
    }
    const h2_preface_state result = h2_preface_feed(state->preface, (const uint8_t *)data, length);
    if (result == H2_PREFACE_MORE) return;
    if (result == H2_PREFACE_DONE) atomic_store(&state->h2, keep_facts(connection->pool, &state->preface->client));
    stop_reading(state, connection);
}

/*
 * Looks at what the layers above read, without changing it. It stays in the chain when it has seen enough:
 * a filter that removes itself while it runs leaves HTTP/1.1 requests hanging.
 */
static apr_status_t preface_input(ap_filter_t *filter, apr_bucket_brigade *brigade, ap_input_mode_t mode,
    apr_read_type_e block, apr_off_t wanted)
{
    connection_state *state = filter->ctx;
    const apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, wanted);
    if (status != APR_SUCCESS || state->passed) return status;
    if (mode == AP_MODE_SPECULATIVE || mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) return status;
    for (apr_bucket *bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade) && !state->passed;
         bucket = APR_BUCKET_NEXT(bucket)) {
        const char *data;
        apr_size_t length;
        if (APR_BUCKET_IS_METADATA(bucket)) continue;
        /* A bucket of unknown length would be read from the socket here: not ours to do. */
        if (bucket->length == (apr_size_t)-1 ||
            apr_bucket_read(bucket, &data, &length, APR_NONBLOCK_READ) != APR_SUCCESS) {
            stop_reading(state, filter->c);
            break;
        }
        read_preface(state, filter->c, data, length);
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
    ap_add_input_filter_handle(preface_filter, state, NULL, connection);
    return DECLINED;
}

void connection_register_hooks(void)
{
    preface_filter = ap_register_input_filter(FILTER_NAME, preface_input, NULL, AP_FTYPE_CONNECTION);
    ap_hook_pre_connection(begin_connection, NULL, NULL, APR_HOOK_LAST);
}
