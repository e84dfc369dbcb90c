#ifndef REQIN_LOG_CONFIG_H
#define REQIN_LOG_CONFIG_H

#include "event_sender.h"

#include <httpd.h>
#include <http_config.h>

/* One server's settings; -1 and NULL mean "as the main server". */
typedef struct {
    int enabled;
    const char *socket_path;
    apr_array_header_t *headers; /* const char *, as the operator wrote them, each once */
    int max_headers;
    int max_value_length;
    int reconnect_s;
    int report_s;
    int level; /* APLOG_… : less urgent messages of ours are left out */
    const char *server_id;
    event_sender *sender; /* per child process, shared by servers with the same path */
} reqin_config;

extern const command_rec reqin_directives[];

void *reqin_config_create(apr_pool_t *pool, server_rec *server);
void *reqin_config_merge(apr_pool_t *pool, void *base, void *own);
reqin_config *reqin_config_of(const server_rec *server);

/* The settings with the defaults filled in. */
int reqin_max_headers(const reqin_config *config);
int reqin_max_value_length(const reqin_config *config);
apr_time_t reqin_reconnect_interval(const reqin_config *config);
apr_time_t reqin_report_interval(const reqin_config *config);
int reqin_level(const reqin_config *config);

#endif
