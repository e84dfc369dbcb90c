#include "delivery.h"

#include "config.h"
#include "reqin_log.h"

#include <errno.h>
#include <http_log.h>
#include <stdlib.h>
#include <sys/mman.h>

APLOG_USE_MODULE(reqin_log);

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "counters shared by processes need lock-free 64-bit atomics");

static delivery_counters *counters;

/* Our messages below the configured urgency stay out of the error log. */
#define REPORT(config, urgency, status, server, ...)                                                        \
    do {                                                                                                    \
        if ((urgency) <= reqin_level(config)) ap_log_error(APLOG_MARK, urgency, status, server, __VA_ARGS__); \
    } while (0)

/*
 * The counters outlive configurations: restarts load the module anew, while the process pool, and children
 * that still finish their requests, stay.
 */
int delivery_take_counters(server_rec *main_server)
{
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
    return OK;
}

uint64_t delivery_next_sequence(void) { return atomic_fetch_add(&counters->sequence, 1); }
uint64_t delivery_dropped(void) { return atomic_load(&counters->dropped); }

static apr_status_t close_delivery(void *data)
{
    delivery *to = data;
    const int lost = event_sender_close(&to->sender, apr_time_now());
    if (lost < 0) return APR_SUCCESS; /* the process ends anyway */
    atomic_fetch_add(&counters->dropped, (unsigned)lost);
    const uint64_t unreported = atomic_load(&to->unreported) + (unsigned)lost;
    if (unreported > 0) {
        REPORT(to->config, APLOG_WARNING, 0, to->server, "mod_reqin_log: %" APR_UINT64_T_FMT " events not delivered to %s "
            "until the child process ended", (apr_uint64_t)unreported, to->sender.path);
    }
    free(to);
    return APR_SUCCESS;
}

/* That of another server with the same path, so that a child has one descriptor per path. */
static delivery *shared(server_rec *main_server, const server_rec *until, const char *path)
{
    for (const server_rec *server = main_server; server != until; server = server->next) {
        delivery *to = reqin_config_of(server)->delivery;
        if (to != NULL && strcmp(to->sender.path, path) == 0) return to;
    }
    return NULL;
}

static delivery *open_delivery(apr_pool_t *pool, const reqin_config *config, const server_rec *server)
{
    delivery *to = calloc(1, sizeof *to);
    if (to == NULL || !event_sender_open(&to->sender, config->socket_path, reqin_reconnect_interval(config), apr_time_now())) {
        REPORT(config, APLOG_ERR, errno, server, "mod_reqin_log: cannot make a socket for %s: no events are sent",
            config->socket_path);
        free(to);
        return NULL;
    }
    to->config = config;
    to->server = server;
    apr_pool_cleanup_register(pool, to, close_delivery, apr_pool_cleanup_null);
    REPORT(config, APLOG_INFO, 0, server, "mod_reqin_log: %s %s",
        atomic_load(&to->sender.connected) ? "sends to" : "waits for a receiver at", config->socket_path);
    return to;
}

bool delivery_begin_child(apr_pool_t *pool, server_rec *main_server)
{
    bool sends = false;
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        reqin_config *config = reqin_config_of(server);
        config->delivery = NULL;
        if (config->enabled != 1) continue;
        config->delivery = shared(main_server, server, config->socket_path);
        if (config->delivery == NULL) config->delivery = open_delivery(pool, config, server);
        if (config->delivery != NULL) sends = true;
    }
    return sends;
}

static const char *reason_of(sender_outcome outcome)
{
    switch (outcome) {
    case SENDER_FULL: return "the receiver's queue is full (raise net.unix.max_dgram_qlen)";
    case SENDER_TOO_LARGE: return "larger than the socket's send buffer (raise net.core.wmem_max)";
    default: return "no receiver";
    }
}

/* One line per interval, with all that was lost since the line before. */
static void report(const reqin_config *config, const server_rec *server, sender_outcome outcome, apr_time_t now)
{
    delivery *to = config->delivery;
    int64_t due = atomic_load(&to->next_report_us);
    if (now < due || !atomic_compare_exchange_strong(&to->next_report_us, &due, now + reqin_report_interval(config))) return;
    const uint64_t lost = atomic_exchange(&to->unreported, 0);
    if (lost == 0) return;
    /* Another thread may have found room since: the reason is that of the loss. */
    const sender_outcome loss = (sender_outcome)atomic_load(&to->last_loss);
    REPORT(config, APLOG_WARNING, loss == outcome ? atomic_load(&to->sender.last_errno) : 0, server,
        "mod_reqin_log: %" APR_UINT64_T_FMT " events not delivered to %s: %s%s", (apr_uint64_t)lost, config->socket_path,
        reason_of(loss), outcome == SENDER_SENT ? "; it receives again" : "");
}

void delivery_send(const reqin_config *config, const server_rec *server, const char *event, apr_size_t length)
{
    delivery *to = config->delivery;
    const apr_time_t now = apr_time_now();
    const sender_outcome outcome = event_sender_send(&to->sender, event, length, now);
    uint64_t lost = outcome == SENDER_SENT ? 0 : 1;
    if (atomic_load(&to->sender.lost) > 0) lost += atomic_exchange(&to->sender.lost, 0);
    if (lost > 0) {
        atomic_store(&to->last_loss, (int)(outcome == SENDER_SENT ? SENDER_TOO_LARGE : outcome));
        atomic_fetch_add(&counters->dropped, lost);
        atomic_fetch_add(&to->unreported, lost);
    }
    if (atomic_load(&to->unreported) > 0) report(config, server, outcome, now);
}
