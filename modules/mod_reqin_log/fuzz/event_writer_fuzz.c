/*
 * The writer of whole events: valid JSON within its buffer, and what it left out or cut is named, whatever is long.
 * Input: an octet of room, then values: limit, length, octets.
 */
#include "event_writer.h"
#include "promise.h"
#include "valid_json.h"

#include <stdlib.h>

static const char *const keys[] = {"host", "path", "query", "client_headers", "header_User-Agent", "header_Sec-CH-UA"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char value[65536];
    if (size < 1) return 0;
    const size_t capacity = EVENT_WRITER_LEAST + 2 + (size_t)data[0] * 64;
    char *buffer = malloc(capacity);
    event_writer event;
    event_writer_open(&event, buffer, capacity);
    bool cut = false;
    unsigned fields = 0;
    for (size_t at = 1; at + 2 <= size; fields++) {
        const size_t limit = (size_t)data[at] * 8;
        size_t length = (size_t)data[at + 1] * 16;
        const unsigned key = data[at] % (sizeof keys / sizeof keys[0]);
        at += 2;
        if (length > size - at) length = size - at;
        memcpy(value, data + at, length);
        value[length] = '\0';
        if (strlen(value) > limit) cut = true;
        event_text(&event, keys[key], value, limit);
        at += length;
    }
    const unsigned omitted = event.json.omitted;
    if (omitted > 0) cut = true;
    const bool named = event.truncated.length > 0, marked = event.invalid_utf8.length > 0;
    const size_t length = event_writer_close(&event);
    PROMISE(length <= capacity, "an event stays in its buffer");
    const int written = fields_of(buffer, length);
    PROMISE(written >= 0, "an event is valid JSON");
    PROMISE(named == cut, "what was cut or left out is named, and nothing else");
    PROMISE(event.json.omitted == omitted, "there is always room for those names");
    PROMISE((unsigned)written == fields - omitted + (named ? 1 : 0) + (marked ? 1 : 0), "every field is there once");
    free(buffer);
    return 0;
}
