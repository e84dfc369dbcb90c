#ifndef EVENT_WRITER_H
#define EVENT_WRITER_H

#include "json_writer.h"

#include <stdbool.h>
#include <stddef.h>

/* A datagram never exceeds this, however much a request brings. */
#define EVENT_BYTES_MAX 65536
#define EVENT_KEYS_MAX 512

/* Names of an event's fields, comma-joined; ends with "*" when there are more than it holds. */
typedef struct {
    char text[EVENT_KEYS_MAX];
    size_t length;
    bool full;
} event_keys;

/*
 * A JSON object whose cut values are named in a last field `truncated`, and those with bytes that are not UTF-8
 * in `invalid_utf8`. Room for both is kept free, so that they are never left out.
 */
typedef struct {
    json_writer json;
    event_keys truncated, invalid_utf8;
} event_writer;

#define EVENT_WRITER_LEAST (2 * (EVENT_KEYS_MAX + 32))

/* `capacity` must be more than EVENT_WRITER_LEAST. */
void event_writer_open(event_writer *event, char *buffer, size_t capacity);

/*
 * At most `limit` bytes of a NUL-terminated value; NULL is no field. Keys with spaces, quotes or control characters
 * are not allowed.
 */
void event_text(event_writer *event, const char *key, const char *value, size_t limit);
/* A value that was cut where it came from. */
void event_mark_cut(event_writer *event, const char *key);
size_t event_writer_close(event_writer *event);

#endif
