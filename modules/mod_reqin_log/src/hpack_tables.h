#ifndef HPACK_TABLES_H
#define HPACK_TABLES_H

#include <stdint.h>

#define HPACK_STATIC_ENTRIES 61
#define HPACK_HUFFMAN_SYMBOLS 257 /* every byte, and EOS (256) */
#define HPACK_HUFFMAN_EOS 256
#define HPACK_HUFFMAN_LONGEST 30

/* Index 0 is entry 1 of the RFC. */
extern const char *const hpack_static_names[HPACK_STATIC_ENTRIES];
extern const uint16_t hpack_huffman_symbols[HPACK_HUFFMAN_SYMBOLS];

#endif
