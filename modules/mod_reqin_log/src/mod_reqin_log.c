/*
 * mod_reqin_log: one JSON datagram per request to a UNIX socket, with what only the web server knows:
 * header order, the client's HTTP/2 preface, and which requests share a connection.
 */
#include "reqin_log.h"

#include "config.h"
#include "connection.h"
#include "delivery.h"
#include "event.h"

#include <apr_strings.h>
#include <http_protocol.h>

static const char *host_name = "";

static int check_configuration(apr_pool_t *pool, apr_pool_t *log_pool, apr_pool_t *temporary, server_rec *main_server)
{
    (void)log_pool;
    (void)temporary;
    return reqin_config_complete(pool, main_server);
}

static int prepare_server(apr_pool_t *pool, apr_pool_t *log_pool, apr_pool_t *temporary, server_rec *main_server)
{
    (void)log_pool;
    (void)temporary;
    char name[APRMAXHOSTLEN + 1];
    if (apr_gethostname(name, sizeof name, pool) == APR_SUCCESS) host_name = apr_pstrdup(pool, name);
    return delivery_take_counters(main_server);
}

static void begin_child(apr_pool_t *pool, server_rec *main_server)
{
    connection_child_init(delivery_begin_child(pool, main_server));
}

static event_request *taken_of(const request_rec *request)
{
    return ap_get_module_config(request->request_config, &reqin_log_module);
}

static void send_event(const request_rec *first, const request_rec *last, const event_request *taken,
    const reqin_config *config, const connection_state *connection)
{
    /* On the stack: the pools of HTTP/2 streams give memory back to the system after each. */
    char usual[EVENT_USUAL_BYTES];
    apr_size_t length;
    const char *event = event_write(first, last, taken, config, connection,
        config->server_id != NULL ? config->server_id : host_name, usual, &length);
    delivery_send(config, first->server, event, length);
}

static event_request *take(request_rec *request, connection_state *connection, bool refused)
{
    event_request *taken = event_take_request(request, reqin_config_of(request->server), connection, refused);
    ap_set_module_config(request->request_config, &reqin_log_module, taken);
    return taken;
}

/* First of its phase: mod_remoteip and others rewrite headers in it. Redirects and subrequests are no new requests. */
static int take_request(request_rec *request)
{
    connection_state *connection = connection_of(request->connection);
    if (connection != NULL && request->main == NULL && request->prev == NULL) take(request, connection, false);
    return DECLINED;
}

/* Last of the same phase: by now it is known whose address the client's is. */
static int report_read_request(request_rec *request)
{
    const reqin_config *config = reqin_config_of(request->server);
    event_request *taken = taken_of(request);
    if (config->delivery == NULL || taken == NULL || reqin_phase_of(config) != PHASE_READ) return DECLINED;
    taken->sent = true;
    send_event(request, NULL, taken, config, connection_of(request->connection));
    return DECLINED;
}

/* mod_http2 serves such a request as stream 1, which is reported. */
static bool goes_on_as_stream(const event_request *taken, const request_rec *request, const connection_state *connection)
{
    if (!taken->upgrading) return false;
    return atomic_load(&connection->upgrade_served) || strcmp(ap_get_protocol(request->connection), "h2c") == 0;
}

static int report_finished_request(request_rec *first)
{
    const reqin_config *config = reqin_config_of(first->server);
    connection_state *connection = connection_of(first->connection);
    if (config->delivery == NULL || connection == NULL) return DECLINED;
    const event_request *taken = taken_of(first);
    /* Requests that Apache refused while reading them skip the earlier phase. */
    if (taken == NULL) taken = take(first, connection, true);
    if (taken->sent || goes_on_as_stream(taken, first, connection)) return OK;
    const request_rec *last = first;
    while (last->next != NULL) last = last->next;
    send_event(first, last, taken, config, connection);
    return OK;
}

/* Before mod_http2 takes the connection over. */
static int follow_upgrade(conn_rec *carrier, request_rec *request, server_rec *server, const char *protocol)
{
    (void)server;
    connection_state *connection = connection_of(carrier);
    event_request *taken = request != NULL ? taken_of(request) : NULL;
    if (connection == NULL || taken == NULL || strcmp(protocol, "h2c") != 0) return DECLINED;
    taken->upgrading = true;
    connection_upgrade(connection, taken->index, &taken->names, carrier);
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    connection_register_hooks();
    ap_hook_check_config(check_configuration, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(prepare_server, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(begin_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(take_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(report_read_request, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_log_transaction(report_finished_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_protocol_switch(follow_upgrade, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

module AP_MODULE_DECLARE_DATA reqin_log_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, reqin_config_create, reqin_config_merge, reqin_directives, register_hooks, 0,
};
