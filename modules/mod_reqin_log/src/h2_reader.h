#ifndef H2_READER_H
#define H2_READER_H

#include "h2_client.h"
#include "header_names.h"
#include "hpack_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a reader tells. Pointers are valid during the call. */
typedef struct {
    void *context;
    /* Once: the client's first flight, when its first header block is over. */
    void (*on_client)(void *context, const h2_client *client);
    /* Each stream that the client opens, when its header block is over. */
    void (*on_request)(void *context, uint32_t stream, const header_names *names);
    /* The client gave a stream up. */
    void (*on_reset)(void *context, uint32_t stream);
} h2_listener;

typedef enum {
    H2_READER_MORE,   /* so far this is HTTP/2 */
    H2_READER_NOT_H2, /* the octets do not begin with the preface */
    H2_READER_BROKEN  /* HTTP/2, but malformed: nothing more is told */
} h2_reader_state;

/*
 * Follows the client → server octets of one HTTP/2 connection from its preface to its end (RFC 9113).
 * Octets may arrive in any portions; no I/O; DATA is skipped by its length. Memory is bounded by the struct and
 * hpack_table's names.
 */
typedef struct {
    h2_reader_state state;
    /* Private. */
    h2_listener listener;
    size_t matched; /* octets of the preface seen so far */
    uint8_t frame[9];
    size_t frame_have;
    uint32_t payload_left;
    unsigned frames; /* before the first request */
    bool settings_done, client_done;
    uint8_t unit[6]; /* a settings entry, PRIORITY or WINDOW_UPDATE payload, or the fields that begin a HEADERS */
    uint8_t unit_have, unit_size;
    uint32_t fragment_left;  /* of a HEADERS or CONTINUATION payload, without its padding once that is known */
    uint32_t block_stream;   /* of the header block in progress, which only CONTINUATION may follow; 0 when none is */
    bool block_opens_stream; /* else these are trailers */
    uint32_t last_stream;    /* highest stream that the client has opened */
    bool crumb;              /* the last name was "cookie" */
    hpack_reader hpack;
    header_names names;
    h2_client client;
} h2_reader;

/* `upgraded`: stream 1 is the HTTP/1.1 request that asked for the upgrade (RFC 7540, 3.2). */
void h2_reader_start(h2_reader *reader, const h2_listener *listener, bool upgraded);
void h2_reader_free(h2_reader *reader);
h2_reader_state h2_reader_feed(h2_reader *reader, const uint8_t *data, size_t length);

#endif
