#ifndef HPACK_HUFFMAN_H
#define HPACK_HUFFMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decoder of one Huffman-coded string (RFC 7541, 5.2) whose octets may come in any portions. */
typedef struct {
    uint64_t bits;  /* not yet decoded, the first one highest */
    unsigned count; /* of them */
    size_t decoded; /* octets so far, also those that were not kept */
} hpack_huffman;

typedef enum { HUFFMAN_OK, HUFFMAN_EOS, HUFFMAN_PADDING } huffman_result;

void huffman_start(hpack_huffman *huffman);

/*
 * Takes further octets of the string. The first `capacity` decoded octets of the whole string go to `out`,
 * which may be NULL with capacity 0; all are counted.
 */
huffman_result huffman_feed(hpack_huffman *huffman, const uint8_t *data, size_t length, char *out, size_t capacity);

/* The string is over: what is left must be less than an octet of ones. */
huffman_result huffman_end(hpack_huffman *huffman, char *out, size_t capacity);

#endif
