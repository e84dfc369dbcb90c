#include "stream_names.h"

#include <stdlib.h>
#include <string.h>

struct stream_list {
    unsigned waiting; /* streams that have it */
    bool cut;
    char text[];
};

void stream_names_start(stream_names *table) { memset(table, 0, sizeof *table); }

void stream_names_free(stream_names *table)
{
    for (size_t i = 0; i < STREAM_NAMES_LISTS; i++) free(table->lists[i]);
    stream_names_start(table);
}

/* Streams of a client are odd and ascending, so that neighbours have slots of their own. */
static size_t slot_of(uint32_t stream) { return (stream >> 1) % STREAM_NAMES_SLOTS; }

static void release(stream_names *table, size_t slot)
{
    table->lists[table->list[slot]]->waiting--;
    table->stream[slot] = 0;
}

static void forget(stream_names *table, size_t list)
{
    table->bytes -= table->length[list];
    table->length[list] = 0;
    free(table->lists[list]);
    table->lists[list] = NULL;
}

static size_t find(const stream_names *table, const char *text, size_t length, bool cut)
{
    for (size_t i = 0; i < STREAM_NAMES_LISTS; i++) {
        if (table->length[i] != length || table->lists[i] == NULL) continue;
        if (table->lists[i]->cut == cut && memcmp(table->lists[i]->text, text, length) == 0) return i;
    }
    return STREAM_NAMES_LISTS;
}

/* A place for a list of `length` octets: lists that nobody waits for make room, oldest first. */
static size_t make_room(stream_names *table, size_t length)
{
    size_t place = STREAM_NAMES_LISTS;
    for (size_t i = 0; i < STREAM_NAMES_LISTS && place == STREAM_NAMES_LISTS; i++) {
        if (table->lists[i] == NULL) place = i;
    }
    for (size_t i = 0; i < STREAM_NAMES_LISTS; i++) {
        if (place < STREAM_NAMES_LISTS && table->bytes + length <= STREAM_NAMES_BYTES) return place;
        const size_t candidate = (table->oldest + i) % STREAM_NAMES_LISTS;
        if (table->lists[candidate] == NULL || table->lists[candidate]->waiting > 0) continue;
        forget(table, candidate);
        place = candidate;
        table->oldest = (unsigned)((candidate + 1) % STREAM_NAMES_LISTS);
    }
    return table->bytes + length <= STREAM_NAMES_BYTES ? place : STREAM_NAMES_LISTS;
}

static size_t keep(stream_names *table, const char *text, size_t length, bool cut)
{
    const size_t place = make_room(table, length);
    if (place == STREAM_NAMES_LISTS) return place;
    stream_list *list = malloc(sizeof *list + length);
    if (list == NULL) return STREAM_NAMES_LISTS;
    *list = (stream_list){.cut = cut};
    if (length > 0) memcpy(list->text, text, length);
    table->lists[place] = list;
    table->length[place] = (uint16_t)length;
    table->bytes += length;
    return place;
}

bool stream_names_put(stream_names *table, uint32_t stream, const char *text, size_t length, bool cut)
{
    if (length > UINT16_MAX) return false;
    const size_t slot = slot_of(stream);
    if (table->stream[slot] != 0) release(table, slot);
    size_t list = find(table, text, length, cut);
    if (list == STREAM_NAMES_LISTS) list = keep(table, text, length, cut);
    if (list == STREAM_NAMES_LISTS) return false;
    table->lists[list]->waiting++;
    table->stream[slot] = stream;
    table->list[slot] = (uint8_t)list;
    return true;
}

void stream_names_drop(stream_names *table, uint32_t stream)
{
    const size_t slot = slot_of(stream);
    if (stream != 0 && table->stream[slot] == stream) release(table, slot);
}

const char *stream_names_take(stream_names *table, uint32_t stream, size_t *length, bool *cut)
{
    const size_t slot = slot_of(stream);
    if (stream == 0 || table->stream[slot] != stream) return NULL;
    const size_t list = table->list[slot];
    *length = table->length[list];
    *cut = table->lists[list]->cut;
    release(table, slot);
    return table->lists[list]->text;
}
