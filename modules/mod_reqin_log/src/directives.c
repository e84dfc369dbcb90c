/* The directives: each checks its argument and keeps it in the settings of the server it stands in. */
#include "config.h"

#include "header_names.h"
#include "reqin_log.h"

#include <apr_strings.h>
#include <http_log.h>
#include <stdlib.h>

/* Their values are credentials: no configuration makes the module send them. */
static const char *const never_logged[] = {"Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization",
    "X-Api-Key", NULL};

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

/* Adds an event's key for a header to a list that has each once; text when the name is none. */
static const char *add_name(cmd_parms *command, apr_array_header_t **list, const char *name)
{
    if (!is_header_name(name))
        return apr_psprintf(command->pool, "%s: \"%s\" is not a header name", command->cmd->name, name);
    const char *key = apr_pstrcat(command->pool, HEADER_KEY_PREFIX, name, NULL);
    if (*list == NULL) *list = apr_array_make(command->pool, 16, sizeof(const char *));
    for (int i = 0; i < (*list)->nelts; i++) {
        if (ap_cstr_casecmp(key, APR_ARRAY_IDX(*list, i, const char *)) == 0) return NULL;
    }
    APR_ARRAY_PUSH(*list, const char *) = key;
    return NULL;
}

static const char *add_header(cmd_parms *command, void *unused, const char *name)
{
    (void)unused;
    for (const char *const *denied = never_logged; *denied; denied++) {
        if (ap_cstr_casecmp(name, *denied) == 0)
            return apr_psprintf(command->pool, "JsonSockLogHeaders: %s holds credentials and is never logged; remove it",
                name);
    }
    return add_name(command, &of_command(command)->header_keys, name);
}

static const char *deny_header(cmd_parms *command, void *unused, const char *name)
{
    (void)unused;
    return add_name(command, &of_command(command)->denied_keys, name);
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

static const char *set_phase(cmd_parms *command, void *unused, const char *text)
{
    (void)unused;
    if (ap_cstr_casecmp(text, "log") == 0) of_command(command)->phase = PHASE_LOG;
    else if (ap_cstr_casecmp(text, "read") == 0) of_command(command)->phase = PHASE_READ;
    else return apr_psprintf(command->pool, "JsonSockLogPhase: \"%s\" is neither log nor read", text);
    return NULL;
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
    AP_INIT_ITERATE("JsonSockLogDenyHeaders", deny_header, NULL, RSRC_CONF, "Headers whose values are never sent"),
    AP_INIT_TAKE1("JsonSockLogPhase", set_phase, NULL, RSRC_CONF,
        "log: an event when the response has ended; read: when the request was read, without status, size and duration"),
    AP_INIT_TAKE1("JsonSockLogServerId", set_server_id, NULL, RSRC_CONF,
        "Name of this sender in its events (the host name)"),
    {.name = NULL},
};
