#ifndef HPACK_NAMES_H
#define HPACK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HPACK_NAMES_MAX 2048
#define HPACK_PSEUDO_MAX 8

/* What the first header block of a connection says about its client; values are never kept. */
typedef struct {
    /* Letters of the pseudo-header fields in wire order ("m,a,s,p"); x is :protocol (RFC 8441). */
    char pseudo_order[2 * HPACK_PSEUDO_MAX];
    /* Names of the other fields in wire order, comma-joined; cookie crumbs (RFC 9113, 8.2.3) count once. */
    char names[HPACK_NAMES_MAX];
    /* False when the block was truncated, malformed or larger than what is kept. */
    bool complete;
} hpack_names;

/*
 * Field names of a connection's FIRST header block (the dynamic table is empty at its start), in order.
 * Any bytes are accepted: what was readable before the first error is kept. Source: RFC 7541.
 */
void hpack_read_names(const uint8_t *block, size_t length, hpack_names *out);

#endif
