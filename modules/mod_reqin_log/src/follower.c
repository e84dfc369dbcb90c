#include "follower.h"

#include "stream_names.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>

struct connection_follower {
    h2_reader reader; /* of the connection's thread */
    connection_state *state;
    apr_pool_t *pool;
    pthread_mutex_t lock; /* of all below; held for moments, and only ever contended by the connection's own streams */
    stream_names names;
    /* Of the streams in `names`, by the same rule: a newer one displaces an older one. */
    struct {
        uint32_t stream;
        unsigned index;
    } places[STREAM_NAMES_SLOTS];
};

static void keep_client(void *context, const h2_client *client)
{
    connection_follower *follower = context;
    connection_h2 *facts = apr_pcalloc(follower->pool, sizeof *facts);
    char fingerprint[H2_FINGERPRINT_TEXT];
    h2_fingerprint(client, fingerprint);
    facts->fingerprint = apr_pstrdup(follower->pool, fingerprint);
    facts->settings = apr_pstrdup(follower->pool, client->settings);
    facts->pseudo_order = apr_pstrdup(follower->pool, client->pseudo_order);
    facts->cut = client->cut;
    facts->has_priority = client->has_priority;
    facts->window_update_seen = client->window_update_seen;
    facts->window_update = client->window_update;
    memcpy(facts->setting_seen, client->setting_seen, sizeof facts->setting_seen);
    memcpy(facts->setting, client->setting, sizeof facts->setting);
    atomic_store(&follower->state->h2, facts);
}

static size_t place_of(uint32_t stream) { return (stream >> 1) % STREAM_NAMES_SLOTS; }

static void keep_request(void *context, uint32_t stream, const header_names *names)
{
    connection_follower *follower = context;
    pthread_mutex_lock(&follower->lock);
    follower->places[place_of(stream)].stream = stream;
    follower->places[place_of(stream)].index = atomic_fetch_add(&follower->state->requests, 1);
    stream_names_put(&follower->names, stream, names->text, names->length, names->cut);
    pthread_mutex_unlock(&follower->lock);
}

static void forget_request(void *context, uint32_t stream)
{
    connection_follower *follower = context;
    pthread_mutex_lock(&follower->lock);
    stream_names_drop(&follower->names, stream);
    pthread_mutex_unlock(&follower->lock);
}

static apr_status_t release(void *data)
{
    connection_follower *follower = data;
    atomic_store(&follower->state->follower, NULL);
    h2_reader_free(&follower->reader);
    stream_names_free(&follower->names);
    pthread_mutex_destroy(&follower->lock);
    free(follower);
    return APR_SUCCESS;
}

bool follower_begin(connection_state *state, conn_rec *connection)
{
    connection_follower *follower = malloc(sizeof *follower);
    if (follower == NULL) return false;
    const h2_listener listener = {follower, keep_client, keep_request, forget_request};
    h2_reader_start(&follower->reader, &listener, state->upgraded);
    follower->state = state;
    follower->pool = connection->pool;
    pthread_mutex_init(&follower->lock, NULL);
    stream_names_start(&follower->names);
    memset(follower->places, 0, sizeof follower->places);
    atomic_store(&state->follower, follower);
    apr_pool_cleanup_register(connection->pool, follower, release, apr_pool_cleanup_null);
    return true;
}

h2_reader_state follower_feed(connection_follower *follower, const char *data, apr_size_t length)
{
    const h2_reader_state result = h2_reader_feed(&follower->reader, (const uint8_t *)data, length);
    if (result == H2_READER_NOT_H2) apr_pool_cleanup_run(follower->pool, follower, release);
    return result;
}

void follower_put(connection_follower *follower, uint32_t stream, unsigned index, const connection_names *names)
{
    pthread_mutex_lock(&follower->lock);
    follower->places[place_of(stream)].stream = stream;
    follower->places[place_of(stream)].index = index;
    if (names->wire) stream_names_put(&follower->names, stream, names->text, strlen(names->text), names->cut);
    pthread_mutex_unlock(&follower->lock);
}

bool follower_take(connection_follower *follower, uint32_t stream, apr_pool_t *pool, unsigned *index,
    connection_names *names)
{
    size_t length;
    bool cut;
    *names = (connection_names){.text = NULL};
    pthread_mutex_lock(&follower->lock);
    const bool known = follower->places[place_of(stream)].stream == stream;
    *index = follower->places[place_of(stream)].index;
    const char *text = stream_names_take(&follower->names, stream, &length, &cut);
    if (text != NULL) *names = (connection_names){apr_pstrmemdup(pool, text, length), true, cut};
    pthread_mutex_unlock(&follower->lock);
    return known;
}
