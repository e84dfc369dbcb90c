#ifndef HPACK_READER_H
#define HPACK_READER_H

#include "hpack_huffman.h"
#include "hpack_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All but the first are connection errors (RFC 9113, 4.3), after which the table is no longer the client's. */
typedef enum {
    HPACK_OK,
    HPACK_TRUNCATED,            /* the block ended inside a field */
    HPACK_INTEGER_TOO_LARGE,    /* above 2^24, or with needless octets (5.1) */
    HPACK_INDEX_ZERO,           /* 6.1 */
    HPACK_INDEX_OUT_OF_RANGE,   /* 2.3.3 */
    HPACK_TABLE_SIZE_TOO_LARGE, /* 6.3 */
    HPACK_TABLE_SIZE_LATE,      /* behind a field (4.2) */
    HPACK_HUFFMAN_EOS,          /* 5.2 */
    HPACK_HUFFMAN_PADDING       /* 5.2 */
} hpack_result;

/* Called for each field in wire order; the name is valid during the call. */
typedef void hpack_on_name(void *context, hpack_name name);

/*
 * Reads the header blocks of one connection in order, names only (RFC 7541). A block may come in any
 * portions: nothing of it is kept but the name in progress. Work is linear in the octets.
 */
typedef struct {
    hpack_table table;
    hpack_result result; /* sticky */
    /* The field in progress. */
    uint8_t step;
    bool indexing;   /* a literal that enters the table */
    bool updates_ok; /* no field of this block was seen */
    unsigned prefix, shift;
    size_t integer;
    size_t index;
    bool huffman_coded;
    size_t string_left; /* octets of the string in progress */
    hpack_huffman huffman;
    size_t name_length;
    bool name_known;
    char name[HPACK_NAME_MAX];
} hpack_reader;

void hpack_reader_start(hpack_reader *reader);
void hpack_reader_free(hpack_reader *reader);

hpack_result hpack_reader_feed(hpack_reader *reader, const uint8_t *data, size_t length, hpack_on_name *on_name,
    void *context);
/* The block ends here; the next octets begin another. */
hpack_result hpack_reader_end_block(hpack_reader *reader);

#endif
