#include "hpack_table.h"

#include "hpack_tables.h"

#include <stdlib.h>
#include <string.h>

/* Values of hpack_entry.start beside offsets, which are below NAMES_CAPACITY_MAX. */
enum { START_UNKNOWN = 0xffff, START_STATIC = 0x8000 /* plus the index in the static table */ };
/* Twice what all names of a full table can take: then closing the gap at the start is rare (see make_room). */
enum { NAMES_CAPACITY_FIRST = 512, NAMES_CAPACITY_MAX = 2 * HPACK_TABLE_SIZE };

void hpack_table_start(hpack_table *table)
{
    memset(table, 0, sizeof *table);
    table->limit = HPACK_TABLE_SIZE;
}

void hpack_table_free(hpack_table *table)
{
    free(table->names);
    table->names = NULL;
    table->names_start = table->names_end = table->names_capacity = 0;
}

/* Where the entry is that is `position` entries newer than the oldest. */
static unsigned slot(const hpack_table *table, size_t position)
{
    return (unsigned)((table->first + position) % HPACK_TABLE_ENTRIES);
}

bool hpack_table_name(const hpack_table *table, size_t index, hpack_name *name)
{
    if (index == 0) return false;
    size_t static_index = index;
    if (index > HPACK_STATIC_ENTRIES) {
        const size_t age = index - HPACK_STATIC_ENTRIES - 1;
        if (age >= table->count) return false;
        const hpack_entry *entry = &table->entries[slot(table, table->count - 1 - age)];
        if (entry->start < START_STATIC) {
            *name = (hpack_name){entry->name_length > 0 ? table->names + entry->start : "", entry->name_length};
            return true;
        }
        if (entry->start == START_UNKNOWN) {
            *name = (hpack_name){NULL, entry->name_length};
            return true;
        }
        static_index = entry->start - START_STATIC;
    }
    const char *text = hpack_static_names[static_index - 1];
    *name = (hpack_name){text, strlen(text)};
    return true;
}

/* Index in the static table that a name at `index` came from, 0 for others. */
static unsigned static_origin(const hpack_table *table, size_t index)
{
    if (index <= HPACK_STATIC_ENTRIES) return (unsigned)index;
    const size_t age = index - HPACK_STATIC_ENTRIES - 1;
    if (age >= table->count) return 0;
    const uint16_t start = table->entries[slot(table, table->count - 1 - age)].start;
    return start >= START_STATIC && start != START_UNKNOWN ? start - START_STATIC : 0;
}

static void evict_to(hpack_table *table, size_t size)
{
    while (table->count > 0 && table->size > size) {
        const hpack_entry *oldest = &table->entries[table->first];
        if (oldest->start < START_STATIC) table->names_start = (size_t)oldest->start + oldest->name_length;
        table->size -= oldest->size;
        table->first = (table->first + 1) % HPACK_TABLE_ENTRIES;
        table->count--;
    }
    if (table->count == 0) table->names_start = table->names_end = 0;
}

/* Moves the names to the start of their space. */
static void close_gap(hpack_table *table)
{
    const size_t live = table->names_end - table->names_start;
    memmove(table->names, table->names + table->names_start, live);
    for (unsigned i = 0; i < table->count; i++) {
        hpack_entry *entry = &table->entries[slot(table, i)];
        if (entry->start < START_STATIC) entry->start = (uint16_t)(entry->start - table->names_start);
    }
    table->names_start = 0;
    table->names_end = live;
}

/*
 * Room for `length` octets behind the last name: by closing the gap when that frees at least half of the
 * space, so that on average each octet is moved at most once, else by taking more memory.
 */
static bool make_room(hpack_table *table, size_t length)
{
    if (length <= table->names_capacity - table->names_end) return true;
    if (2 * (table->names_end - table->names_start + length) <= table->names_capacity) {
        close_gap(table);
        return true;
    }
    size_t capacity = table->names_capacity > 0 ? table->names_capacity : NAMES_CAPACITY_FIRST;
    while (capacity - table->names_end < length) {
        if (capacity == NAMES_CAPACITY_MAX) return false;
        capacity *= 2;
    }
    char *names = realloc(table->names, capacity);
    if (names == NULL) return false;
    table->names = names;
    table->names_capacity = capacity;
    return true;
}

void hpack_table_insert(hpack_table *table, size_t index, hpack_name name, size_t value_length)
{
    const unsigned origin = static_origin(table, index);
    if (name.length > table->limit || value_length > table->limit ||
        name.length + value_length + HPACK_ENTRY_OVERHEAD > table->limit) {
        evict_to(table, 0); /* 4.4: an entry larger than the table empties it */
        return;
    }
    const size_t size = name.length + value_length + HPACK_ENTRY_OVERHEAD;
    evict_to(table, table->limit - size);
    uint16_t start = START_UNKNOWN;
    if (origin != 0) {
        start = (uint16_t)(START_STATIC + origin);
    } else if (name.text != NULL && make_room(table, name.length)) {
        start = (uint16_t)table->names_end;
        if (name.length > 0) memcpy(table->names + table->names_end, name.text, name.length);
        table->names_end += name.length;
    }
    table->entries[slot(table, table->count)] = (hpack_entry){start, (uint16_t)name.length, (uint16_t)size};
    table->size += size;
    table->count++;
}

void hpack_table_set_limit(hpack_table *table, size_t limit)
{
    table->limit = limit;
    evict_to(table, limit);
}
