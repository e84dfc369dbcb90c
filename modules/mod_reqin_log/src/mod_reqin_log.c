/*
 * mod_reqin_log: one JSON datagram per request to a UNIX socket, with what only the web server knows:
 * header order, the client's HTTP/2 preface, and which requests share a connection.
 */
#include "reqin_log.h"

#include "config.h"
#include "connection.h"
#include "event.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <sys/mman.h>

APLOG_USE_MODULE(reqin_log);

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters shared by processes need lock-free 64-bit atomics");

static reqin_counters *counters;
static const char *host_name = "";
/* Per child process: when undelivered events may be reported next, and how many wait to be reported. */
static _Atomic int64_t next_report;
static _Atomic uint64_t unreported;

/* Our messages below the configured urgency stay out of the error log. */
#define REPORT(config, urgency, status, server, ...)                                                        \
    do {                                                                                                    \
        if ((urgency) <= reqin_level(config)) ap_log_error(APLOG_MARK, urgency, status, server, __VA_ARGS__); \
    } while (0)

/*
 * The counters outlive configurations: restarts load the module anew, while the process pool, and children
 * that still finish their requests, stay.
 */
static int take_counters(apr_pool_t *config_pool, apr_pool_t *log_pool, apr_pool_t *temporary, server_rec *main_server)
{
    (void)log_pool;
    (void)temporary;
    static const char key[] = "mod_reqin_log counters";
    void *kept = NULL;
    apr_pool_userdata_get(&kept, key, main_server->process->pool);
    if (kept == NULL) {
        kept = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (kept == MAP_FAILED) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, errno, main_server, "mod_reqin_log: no shared memory for its counters");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        /* Not setn: the key's text would go away with the module. */
        apr_pool_userdata_set(kept, key, NULL, main_server->process->pool);
    }
    counters = kept;
    char name[APRMAXHOSTLEN + 1];
    if (apr_gethostname(name, sizeof name, config_pool) == APR_SUCCESS) host_name = apr_pstrdup(config_pool, name);
    for (const server_rec *server = main_server; server != NULL; server = server->next) {
        const reqin_config *config = reqin_config_of(server);
        if (config->enabled == 1 && config->socket_path == NULL) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server,
                "mod_reqin_log: JsonSockLogEnabled is On, but JsonSockLogSocket names no socket");
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

static apr_status_t close_sender(void *sender)
{
    event_sender_close(sender);
    return APR_SUCCESS;
}

/* The sender of another server with the same path, so that a child has one descriptor per path. */
static event_sender *shared_sender(server_rec *main_server, const server_rec *until, const char *path)
{
    for (const server_rec *server = main_server; server != until; server = server->next) {
        event_sender *sender = reqin_config_of(server)->sender;
        if (sender != NULL && strcmp(sender->path, path) == 0) return sender;
    }
    return NULL;
}

static void begin_child(apr_pool_t *pool, server_rec *main_server)
{
    bool sends = false;
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        reqin_config *config = reqin_config_of(server);
        if (config->enabled != 1) continue;
        sends = true;
        config->sender = shared_sender(main_server, server, config->socket_path);
        if (config->sender != NULL) continue;
        event_sender *sender = apr_palloc(pool, sizeof *sender);
        if (!event_sender_open(sender, config->socket_path, reqin_reconnect_interval(config), apr_time_now())) {
            REPORT(config, APLOG_ERR, errno, server, "mod_reqin_log: cannot make a socket for %s: no events are sent",
                config->socket_path);
            continue;
        }
        apr_pool_cleanup_register(pool, sender, close_sender, apr_pool_cleanup_null);
        config->sender = sender;
        REPORT(config, APLOG_INFO, 0, server, "mod_reqin_log: %s %s",
            atomic_load(&sender->connected) ? "sends to" : "waits for a receiver at", config->socket_path);
    }
    connection_child_init(sends);
}

/* First of its phase: mod_remoteip and others rewrite headers in it. Redirects and subrequests are no new requests. */
static int take_request(request_rec *request)
{
    const reqin_config *config = reqin_config_of(request->server);
    connection_state *connection = connection_of(request->connection);
    if (config->sender == NULL || connection == NULL || request->main != NULL || request->prev != NULL) return DECLINED;
    ap_set_module_config(request->request_config, &reqin_log_module, event_take_request(request, config, connection));
    return DECLINED;
}

static void report_lost(const reqin_config *config, const server_rec *server, sender_outcome outcome, apr_time_t now)
{
    atomic_fetch_add(&unreported, 1);
    int64_t due = atomic_load(&next_report);
    if (now < due) return;
    if (!atomic_compare_exchange_strong(&next_report, &due, now + reqin_report_interval(config))) return;
    const uint64_t lost = atomic_exchange(&unreported, 0);
    REPORT(config, APLOG_WARNING, atomic_load(&config->sender->last_errno), server,
        "mod_reqin_log: %" APR_UINT64_T_FMT " events not delivered to %s: %s", (apr_uint64_t)lost, config->socket_path,
        outcome == SENDER_FULL ? "the receiver's queue is full (raise net.unix.max_dgram_qlen)" : "no receiver");
}

static int log_request(request_rec *first)
{
    const reqin_config *config = reqin_config_of(first->server);
    connection_state *connection = connection_of(first->connection);
    if (config->sender == NULL || connection == NULL) return DECLINED;
    const request_rec *last = first;
    while (last->next != NULL) last = last->next;
    const event_request *taken = ap_get_module_config(first->request_config, &reqin_log_module);
    /* Requests that Apache refused while reading them skip the earlier phase. */
    if (taken == NULL) taken = event_take_request(first, config, connection);

    apr_size_t length;
    const char *event = event_write(first, last, taken, config, connection,
        config->server_id != NULL ? config->server_id : host_name, atomic_fetch_add(&counters->sequence, 1),
        atomic_load(&counters->dropped), &length);
    const apr_time_t now = apr_time_now();
    const sender_outcome outcome = event_sender_send(config->sender, event, length, now);
    if (outcome != SENDER_SENT) {
        atomic_fetch_add(&counters->dropped, 1);
        report_lost(config, first->server, outcome, now);
    }
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    connection_register_hooks();
    ap_hook_post_config(take_counters, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(begin_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(take_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(log_request, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA reqin_log_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, reqin_config_create, reqin_config_merge, reqin_directives, register_hooks, 0,
};
