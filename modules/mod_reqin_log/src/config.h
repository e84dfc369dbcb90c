#ifndef REQIN_LOG_CONFIG_H
#define REQIN_LOG_CONFIG_H

#include "delivery.h"

#include <httpd.h>
#include <http_config.h>

#define HEADER_KEY_PREFIX "header_"
/* The header that a key is made of. */
#define HEADER_NAME_OF(key) ((key) + sizeof HEADER_KEY_PREFIX - 1)

typedef enum { PHASE_UNSET = -1, PHASE_LOG, PHASE_READ } reqin_phase;

/* One server's settings; -1 and NULL mean "as the main server". */
struct reqin_config {
    int enabled;
    const char *socket_path;
    apr_array_header_t *header_keys; /* const char *: the fields of an event, "header_User-Agent", each once */
    apr_array_header_t *denied_keys; /* those that are never sent, whatever `header_keys` says; the main server's too */
    int max_headers;
    int max_value_length;
    int reconnect_s;
    int report_s;
    int level; /* APLOG_… : less urgent messages of ours are left out */
    reqin_phase phase;
    const char *server_id;
    delivery *delivery; /* per child process, shared by servers with the same path; NULL when none is sent */
};

extern const command_rec reqin_directives[];

void *reqin_config_create(apr_pool_t *pool, server_rec *server);
void *reqin_config_merge(apr_pool_t *pool, void *base, void *own);
reqin_config *reqin_config_of(const server_rec *server);

/*
 * What can only be judged when all directives are read: takes denied names out of `header_keys` and says so. OK or an HTTP
 * status.
 */
int reqin_config_complete(apr_pool_t *pool, server_rec *main_server);

/* The settings with the defaults filled in. */
int reqin_max_headers(const reqin_config *config);
int reqin_max_value_length(const reqin_config *config);
apr_time_t reqin_reconnect_interval(const reqin_config *config);
apr_time_t reqin_report_interval(const reqin_config *config);
int reqin_level(const reqin_config *config);
reqin_phase reqin_phase_of(const reqin_config *config);

#endif
