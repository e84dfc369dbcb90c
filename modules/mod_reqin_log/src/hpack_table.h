#ifndef HPACK_TABLE_H
#define HPACK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer names take part in the table's size, but what they are is not kept. */
#define HPACK_NAME_MAX 256
/* SETTINGS_HEADER_TABLE_SIZE of a server that announces none (RFC 9113, 6.5.2), as mod_http2 does. */
#define HPACK_TABLE_SIZE 4096
/* RFC 7541, 4.1 */
#define HPACK_ENTRY_OVERHEAD 32
#define HPACK_TABLE_ENTRIES (HPACK_TABLE_SIZE / HPACK_ENTRY_OVERHEAD)

/* A field name; `text` is NULL where the name is too long to be kept. */
typedef struct {
    const char *text;
    size_t length;
} hpack_name;

typedef struct {
    uint16_t start; /* in `names`, or one of the marks in hpack_table.c */
    uint16_t name_length;
    uint16_t size; /* as RFC 7541, 4.1 counts */
} hpack_entry;

/*
 * The names of HPACK's static and dynamic table (RFC 7541, 2.3); values are only counted. Takes 0.8 KiB, and up
 * to 8 KiB more for names that are not in the static table.
 */
typedef struct {
    hpack_entry entries[HPACK_TABLE_ENTRIES]; /* ring; the newest is at (first + count - 1) */
    unsigned first, count;
    size_t size, limit;
    char *names; /* of the live entries, oldest first, in [names_start, names_end) */
    size_t names_start, names_end, names_capacity;
} hpack_table;

void hpack_table_start(hpack_table *table);
void hpack_table_free(hpack_table *table);

/* The name at an index of the combined address space (2.3.3), valid until the next insertion; false when there is none. */
bool hpack_table_name(const hpack_table *table, size_t index, hpack_name *name);

/*
 * A new entry (4.4). `index` is where the name came from, 0 when it was spelt out. `name` must not point into the table.
 */
void hpack_table_insert(hpack_table *table, size_t index, hpack_name name, size_t value_length);

/* A new maximum size (4.3), at most HPACK_TABLE_SIZE. */
void hpack_table_set_limit(hpack_table *table, size_t limit);

#endif
