#ifndef STREAM_NAMES_H
#define STREAM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Streams that wait for their request; a stream displaces the one that came this many streams before it. */
#define STREAM_NAMES_SLOTS 256
/* Different lists that are waited for or were so lately, and octets of all of them together. */
#define STREAM_NAMES_LISTS 128
#define STREAM_NAMES_BYTES 32768

typedef struct stream_list stream_list;

/*
 * Header name lists of one connection's streams until their requests take them. Bounded whatever the client does:
 * a list that finds no room is forgotten. Equal lists are kept once, so that a busy connection allocates nothing.
 * Not synchronised.
 */
typedef struct {
    uint32_t stream[STREAM_NAMES_SLOTS]; /* 0: free */
    uint8_t list[STREAM_NAMES_SLOTS];
    stream_list *lists[STREAM_NAMES_LISTS];
    uint16_t length[STREAM_NAMES_LISTS]; /* of lists[], to be compared first; 0 where there is none */
    size_t bytes;
    unsigned oldest; /* where to look first for a list that nobody waits for */
} stream_names;

void stream_names_start(stream_names *table);
void stream_names_free(stream_names *table);

/* `cut` as in header_names. False when there was no room. */
bool stream_names_put(stream_names *table, uint32_t stream, const char *text, size_t length, bool cut);
void stream_names_drop(stream_names *table, uint32_t stream);

/*
 * The stream's list, which the table then forgets; it stays valid until the next call. NULL when there is none.
 */
const char *stream_names_take(stream_names *table, uint32_t stream, size_t *length, bool *cut);

#endif
