#ifndef REQIN_LOG_EVENT_H
#define REQIN_LOG_EVENT_H

#include "config.h"
#include "connection.h"

#include <httpd.h>

/* The part of a request that later phases may change, as it came in. */
typedef struct {
    unsigned index; /* of the request on its connection, from 0 */
    bool sent;      /* its event, in the earlier phase */
    bool upgrading; /* to HTTP/2: it goes on as stream 1 */
    const char *path, *query;
    connection_names names;
    const char **header_values; /* beside config->headers; NULL where absent */
} event_request;

event_request *event_take_request(request_rec *request, const reqin_config *config, connection_state *connection);

/*
 * The event of a request as JSON in the request's pool, valid until the request ends. `first` is the request as it
 * came in, `last` where internal redirects led, or NULL while there is no response.
 */
const char *event_write(const request_rec *first, const request_rec *last, const event_request *taken,
    const reqin_config *config, const connection_state *connection, const char *server_id, apr_size_t *length);

#endif
