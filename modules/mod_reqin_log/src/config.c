#include "config.h"

#include "reqin_log.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

APLOG_USE_MODULE(reqin_log);

enum { UNSET = -1 };

void *reqin_config_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    reqin_config *config = apr_pcalloc(pool, sizeof *config);
    config->enabled = config->max_headers = config->max_value_length = UNSET;
    config->reconnect_s = config->report_s = config->level = UNSET;
    config->phase = PHASE_UNSET;
    return config;
}

void *reqin_config_merge(apr_pool_t *pool, void *base_settings, void *own_settings)
{
    const reqin_config *base = base_settings, *own = own_settings;
    reqin_config *merged = apr_pmemdup(pool, own, sizeof *own);
    if (own->enabled == UNSET) merged->enabled = base->enabled;
    if (own->socket_path == NULL) merged->socket_path = base->socket_path;
    if (own->header_keys == NULL) merged->header_keys = base->header_keys;
    if (own->denied_keys == NULL) merged->denied_keys = base->denied_keys;
    else if (base->denied_keys != NULL)
        merged->denied_keys = apr_array_append(pool, base->denied_keys, own->denied_keys);
    if (own->max_headers == UNSET) merged->max_headers = base->max_headers;
    if (own->max_value_length == UNSET) merged->max_value_length = base->max_value_length;
    if (own->reconnect_s == UNSET) merged->reconnect_s = base->reconnect_s;
    if (own->report_s == UNSET) merged->report_s = base->report_s;
    if (own->level == UNSET) merged->level = base->level;
    if (own->phase == PHASE_UNSET) merged->phase = base->phase;
    if (own->server_id == NULL) merged->server_id = base->server_id;
    return merged;
}

reqin_config *reqin_config_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &reqin_log_module);
}

static int or_default(int value, int fallback) { return value == UNSET ? fallback : value; }

int reqin_max_headers(const reqin_config *config) { return or_default(config->max_headers, 25); }
int reqin_max_value_length(const reqin_config *config) { return or_default(config->max_value_length, 256); }
apr_time_t reqin_reconnect_interval(const reqin_config *config)
{
    return apr_time_from_sec(or_default(config->reconnect_s, 10));
}
apr_time_t reqin_report_interval(const reqin_config *config)
{
    return apr_time_from_sec(or_default(config->report_s, 10));
}
int reqin_level(const reqin_config *config) { return or_default(config->level, APLOG_WARNING); }
reqin_phase reqin_phase_of(const reqin_config *config)
{
    return config->phase == PHASE_UNSET ? PHASE_LOG : config->phase;
}

/* The configuration is read twice at the start; what is said the first time is only for those who check it. */
static bool is_heard(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST ||
        ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
}

static bool is_denied(const reqin_config *config, const char *key)
{
    for (int i = 0; i < config->denied_keys->nelts; i++) {
        if (ap_cstr_casecmp(key, APR_ARRAY_IDX(config->denied_keys, i, const char *)) == 0) return true;
    }
    return false;
}

/* The list without the denied ones, each of which is said once. */
static apr_array_header_t *without_denied(apr_pool_t *pool, const reqin_config *config, const server_rec *server)
{
    apr_array_header_t *kept = apr_array_make(pool, config->header_keys->nelts, sizeof(const char *));
    for (int i = 0; i < config->header_keys->nelts; i++) {
        const char *key = APR_ARRAY_IDX(config->header_keys, i, const char *);
        if (!is_denied(config, key)) {
            APR_ARRAY_PUSH(kept, const char *) = key;
        } else if (is_heard() && APLOG_WARNING <= reqin_level(config)) {
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server, "mod_reqin_log: the value of %s is not sent: "
                "JsonSockLogHeaders asks for it, but JsonSockLogDenyHeaders forbids it", HEADER_NAME_OF(key));
        }
    }
    return kept;
}

/* Virtual hosts that took both lists from the main server take its result too. */
static void drop_denied(apr_pool_t *pool, server_rec *main_server)
{
    const reqin_config *base = reqin_config_of(main_server);
    const apr_array_header_t *wanted = base->header_keys;
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        reqin_config *config = reqin_config_of(server);
        if (config->header_keys == NULL || config->denied_keys == NULL) continue;
        const bool same = server != main_server && config->header_keys == wanted && config->denied_keys == base->denied_keys;
        config->header_keys = same ? base->header_keys : without_denied(pool, config, server);
    }
}

int reqin_config_complete(apr_pool_t *pool, server_rec *main_server)
{
    drop_denied(pool, main_server);
    for (const server_rec *server = main_server; server != NULL; server = server->next) {
        const reqin_config *config = reqin_config_of(server);
        if (config->enabled != 1 || config->socket_path != NULL) continue;
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server,
            "mod_reqin_log: JsonSockLogEnabled is On, but JsonSockLogSocket names no socket");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}
