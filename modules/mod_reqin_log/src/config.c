#include "config.h"

#include "reqin_log.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_log.h>
#include <stdlib.h>

enum { UNSET = -1 };

/* Their values are credentials: no configuration makes the module send them. */
static const char *const never_logged[] = {"Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization",
    "X-Api-Key", NULL};

void *reqin_config_create(apr_pool_t *pool, server_rec *server)
{
    (void)server;
    reqin_config *config = apr_pcalloc(pool, sizeof *config);
    config->enabled = config->max_headers = config->max_value_length = UNSET;
    config->reconnect_s = config->report_s = config->level = UNSET;
    return config;
}

void *reqin_config_merge(apr_pool_t *pool, void *base_settings, void *own_settings)
{
    const reqin_config *base = base_settings, *own = own_settings;
    reqin_config *merged = apr_pmemdup(pool, own, sizeof *own);
    if (own->enabled == UNSET) merged->enabled = base->enabled;
    if (own->socket_path == NULL) merged->socket_path = base->socket_path;
    if (own->headers == NULL) merged->headers = base->headers;
    if (own->max_headers == UNSET) merged->max_headers = base->max_headers;
    if (own->max_value_length == UNSET) merged->max_value_length = base->max_value_length;
    if (own->reconnect_s == UNSET) merged->reconnect_s = base->reconnect_s;
    if (own->report_s == UNSET) merged->report_s = base->report_s;
    if (own->level == UNSET) merged->level = base->level;
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

static reqin_config *of_command(cmd_parms *command) { return reqin_config_of(command->server); }

static const char *set_enabled(cmd_parms *command, void *unused, int on)
{
    (void)unused;
    of_command(command)->enabled = on;
    return NULL;
}

static const char *set_socket(cmd_parms *command, void *unused, const char *path)
{
    (void)unused;
    if (path[0] != '/') return "JsonSockLogSocket: give the socket's absolute path";
    if (strlen(path) > EVENT_SENDER_PATH_MAX)
        return apr_psprintf(command->pool, "JsonSockLogSocket: the path has %d bytes, the system allows %d; choose a "
            "shorter one", (int)strlen(path), EVENT_SENDER_PATH_MAX);
    of_command(command)->socket_path = path;
    return NULL;
}

/* RFC 9110, 5.6.2 */
static int is_token(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!apr_isalnum(*c) && !strchr("!#$%&'*+-.^_`|~", *c)) return 0;
    }
    return name[0] != '\0';
}

static const char *add_header(cmd_parms *command, void *unused, const char *name)
{
    (void)unused;
    reqin_config *config = of_command(command);
    if (!is_token(name)) return apr_psprintf(command->pool, "JsonSockLogHeaders: \"%s\" is not a header name", name);
    for (const char *const *denied = never_logged; *denied; denied++) {
        if (ap_cstr_casecmp(name, *denied) == 0)
            return apr_psprintf(command->pool, "JsonSockLogHeaders: %s holds credentials and is never logged; remove it",
                name);
    }
    if (config->headers == NULL) config->headers = apr_array_make(command->pool, 16, sizeof(const char *));
    for (int i = 0; i < config->headers->nelts; i++) {
        if (ap_cstr_casecmp(name, APR_ARRAY_IDX(config->headers, i, const char *)) == 0) return NULL;
    }
    APR_ARRAY_PUSH(config->headers, const char *) = name;
    return NULL;
}

static const char *set_number(cmd_parms *command, const char *text, int low, int high, int *target)
{
    char *end;
    const long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < low || value > high)
        return apr_psprintf(command->pool, "%s: \"%s\" is not a whole number from %d to %d", command->cmd->name, text,
            low, high);
    *target = (int)value;
    return NULL;
}

static const char *set_max_headers(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    return set_number(command, text, 0, 1000, &of_command(command)->max_headers);
}

static const char *set_max_value_length(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    return set_number(command, text, 1, 8192, &of_command(command)->max_value_length);
}

static const char *set_reconnect(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    return set_number(command, text, 0, 86400, &of_command(command)->reconnect_s);
}

static const char *set_report(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    return set_number(command, text, 0, 86400, &of_command(command)->report_s);
}

static const char *set_level(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    static const struct {
        const char *name;
        int level;
    } levels[] = {{"DEBUG", APLOG_DEBUG}, {"INFO", APLOG_INFO}, {"WARNING", APLOG_WARNING}, {"ERROR", APLOG_ERR},
        {"EMERG", APLOG_EMERG}};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (ap_cstr_casecmp(text, levels[i].name) == 0) {
            of_command(command)->level = levels[i].level;
            return NULL;
        }
    }
    return apr_psprintf(command->pool, "JsonSockLogLevel: \"%s\" is none of DEBUG, INFO, WARNING, ERROR, EMERG", text);
}

/* One `seq` counts the events of all virtual hosts: under two names it would look full of gaps. */
static const char *set_server_id(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    const char *misplaced = ap_check_cmd_context(command, GLOBAL_ONLY);
    if (misplaced != NULL) return misplaced;
    of_command(command)->server_id = text;
    return NULL;
}

const command_rec reqin_directives[] = {
    AP_INIT_FLAG("JsonSockLogEnabled", set_enabled, NULL, RSRC_CONF, "On: send an event per request"),
    AP_INIT_TAKE1("JsonSockLogSocket", set_socket, NULL, RSRC_CONF, "Path of the UNIX datagram socket that receives"),
    AP_INIT_ITERATE("JsonSockLogHeaders", add_header, NULL, RSRC_CONF, "Headers whose values are sent"),
    AP_INIT_TAKE1("JsonSockLogMaxHeaders", set_max_headers, NULL, RSRC_CONF, "At most this many header values (25)"),
    AP_INIT_TAKE1("JsonSockLogMaxHeaderValueLen", set_max_value_length, NULL, RSRC_CONF,
        "Longer header values are cut to this many bytes (256)"),
    AP_INIT_TAKE1("JsonSockLogReconnectInterval", set_reconnect, NULL, RSRC_CONF,
        "Seconds between attempts to reach a missing receiver (10)"),
    AP_INIT_TAKE1("JsonSockLogErrorReportInterval", set_report, NULL, RSRC_CONF,
        "Seconds between lines about undelivered events in the error log (10)"),
    AP_INIT_TAKE1("JsonSockLogLevel", set_level, NULL, RSRC_CONF,
        "Least urgent own message in the error log: DEBUG, INFO, WARNING, ERROR, EMERG"),
    AP_INIT_TAKE1("JsonSockLogServerId", set_server_id, NULL, RSRC_CONF,
        "Name of this sender in its events (the host name)"),
    {.name = NULL},
};
