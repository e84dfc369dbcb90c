#ifndef FUZZ_PORTIONS_H
#define FUZZ_PORTIONS_H

#include <stddef.h>
#include <stdint.h>

/* Sizes of portions, 1 to 64 and now and then 1,000, that follow from one octet of the input. */
typedef struct {
    uint32_t state;
} portions;

static inline size_t next_portion(portions *p, size_t left)
{
    p->state = p->state * 1664525u + 1013904223u;
    const uint32_t dice = p->state >> 16;
    const size_t size = dice % 16 == 0 ? 1000 : dice % 4 == 0 ? 1 : 1 + dice % 64;
    return size < left ? size : left;
}

#endif
