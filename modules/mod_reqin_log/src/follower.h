#ifndef REQIN_LOG_FOLLOWER_H
#define REQIN_LOG_FOLLOWER_H

#include "connection.h"
#include "h2_reader.h"

/*
 * Follows an HTTP/2 connection: reads on the connection's thread, gives each stream's header names to the thread
 * of its request. The names are there first, because the filter sees octets before mod_http2 makes a request of them.
 */

/* Makes state->follower, released with the connection; false without memory. */
bool follower_begin(connection_state *state, conn_rec *connection);
h2_reader_state follower_feed(connection_follower *follower, const char *data, apr_size_t length);
void follower_put(connection_follower *follower, uint32_t stream, unsigned index, const connection_names *names);
/*
 * The stream's index among the connection's requests and its names, whose text is NULL where there was no room for
 * them. False when the stream is not known (any more).
 */
bool follower_take(connection_follower *follower, uint32_t stream, apr_pool_t *pool, unsigned *index,
    connection_names *names);

#endif
