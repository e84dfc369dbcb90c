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
    int header_count;
    const char *header_values[]; /* beside config->header_keys; NULL where absent */
} event_request;

/* `refused`: Apache did not read the request to the end of its head. */
event_request *event_take_request(request_rec *request, const reqin_config *config, connection_state *connection,
    bool refused);

/* Nearly every event fits; others take memory of the request. */
#define EVENT_USUAL_BYTES 8192

/*
 * The event of a request as JSON, in `usual` or in the request's pool. `first` is the request as it came in, `last`
 * where internal redirects led, or NULL while there is no response.
 */
const char *event_write(const request_rec *first, const request_rec *last, const event_request *taken,
    const reqin_config *config, const connection_state *connection, const char *server_id,
    char usual[EVENT_USUAL_BYTES], apr_size_t *length);

#endif
