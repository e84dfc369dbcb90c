#include "hpack_huffman.h"

#include "hpack_tables.h"

/*
 * The code is canonical: with the next bits as a left-aligned number, a code of `length` bits is the one whose
 * group's `end` is the first above that number.
 */
typedef struct {
    uint32_t end;         /* left-aligned; 0 stands for 2^32 */
    uint32_t first;       /* code of the group's first symbol, right-aligned */
    uint16_t first_index; /* of that symbol in hpack_huffman_symbols */
    uint8_t length;
} code_group;

static const code_group groups[] = {
    {0x50000000u, 0x0, 0, 5},
    {0xb8000000u, 0x14, 10, 6},
    {0xf8000000u, 0x5c, 36, 7},
    {0xfe000000u, 0xf8, 68, 8},
    {0xff400000u, 0x3f8, 74, 10},
    {0xffa00000u, 0x7fa, 79, 11},
    {0xffc00000u, 0xffa, 82, 12},
    {0xfff00000u, 0x1ff8, 84, 13},
    {0xfff80000u, 0x3ffc, 90, 14},
    {0xfffe0000u, 0x7ffc, 92, 15},
    {0xfffe6000u, 0x7fff0, 95, 19},
    {0xfffee000u, 0xfffe6, 98, 20},
    {0xffff4800u, 0x1fffdc, 106, 21},
    {0xffffb000u, 0x3fffd2, 119, 22},
    {0xffffea00u, 0x7fffd8, 145, 23},
    {0xfffff600u, 0xffffea, 174, 24},
    {0xfffff800u, 0x1ffffec, 186, 25},
    {0xfffffbc0u, 0x3ffffe0, 190, 26},
    {0xfffffe20u, 0x7ffffde, 205, 27},
    {0xfffffff0u, 0xfffffe2, 224, 28},
    {0, 0x3ffffffc, 253, 30},
};

void huffman_start(hpack_huffman *huffman) { *huffman = (hpack_huffman){.count = 0}; }

static const code_group *group_of(uint32_t next)
{
    const code_group *group = groups;
    while (group->end != 0 && next >= group->end) group++;
    return group;
}

/* Decodes while `keep` bits or more are left. */
static huffman_result decode(hpack_huffman *huffman, unsigned keep, char *out, size_t capacity)
{
    while (huffman->count > 0 && huffman->count >= keep) {
        const uint32_t next = (uint32_t)(huffman->bits >> 32);
        const code_group *group = group_of(next);
        if (group->length > huffman->count) return HUFFMAN_OK;
        const unsigned symbol = hpack_huffman_symbols[group->first_index + (next >> (32 - group->length)) - group->first];
        if (symbol == HPACK_HUFFMAN_EOS) return HUFFMAN_EOS;
        if (huffman->decoded < capacity) out[huffman->decoded] = (char)symbol;
        huffman->decoded++;
        huffman->bits <<= group->length;
        huffman->count -= group->length;
    }
    return HUFFMAN_OK;
}

huffman_result huffman_feed(hpack_huffman *huffman, const uint8_t *data, size_t length, char *out, size_t capacity)
{
    size_t at = 0;
    while (at < length) {
        for (; at < length && huffman->count <= 56; huffman->count += 8)
            huffman->bits |= (uint64_t)data[at++] << (56 - huffman->count);
        const huffman_result result = decode(huffman, HPACK_HUFFMAN_LONGEST, out, capacity);
        if (result != HUFFMAN_OK) return result;
    }
    return HUFFMAN_OK;
}

huffman_result huffman_end(hpack_huffman *huffman, char *out, size_t capacity)
{
    /* Ones behind the end: a code cut short looks longer than what is left. */
    if (huffman->count < 64) huffman->bits |= UINT64_MAX >> huffman->count;
    const huffman_result result = decode(huffman, 0, out, capacity);
    if (result != HUFFMAN_OK) return result;
    const uint64_t ones = huffman->count == 0 ? 0 : UINT64_MAX << (64 - huffman->count);
    return huffman->count < 8 && (huffman->bits & ones) == ones ? HUFFMAN_OK : HUFFMAN_PADDING;
}
