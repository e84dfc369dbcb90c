#include "event_writer.h"

#include <string.h>

void event_writer_open(event_writer *event, char *buffer, size_t capacity)
{
    event->truncated = event->invalid_utf8 = (event_keys){.length = 0};
    json_open(&event->json, buffer, capacity - EVENT_WRITER_LEAST);
}

static bool has_key(const event_keys *keys, const char *key)
{
    const size_t length = strlen(key);
    return keys->length >= length && memcmp(keys->text + keys->length - length, key, length) == 0 &&
        (keys->length == length || keys->text[keys->length - length - 1] == ',');
}

/* Two octets stay free for what says that there are more. */
static void add_key(event_keys *keys, const char *key)
{
    const size_t length = strlen(key);
    if (keys->full || has_key(keys, key)) return;
    keys->full = keys->length + 1 + length + 2 > sizeof keys->text;
    if (keys->length > 0) keys->text[keys->length++] = ',';
    if (keys->full) {
        keys->text[keys->length++] = '*';
    } else {
        memcpy(keys->text + keys->length, key, length);
        keys->length += length;
    }
}

void event_mark_cut(event_writer *event, const char *key) { add_key(&event->truncated, key); }

void event_text(event_writer *event, const char *key, const char *value, size_t limit)
{
    if (value == NULL) return;
    const size_t length = strlen(value), kept = json_text_cut(value, length, limit);
    const unsigned omitted = event->json.omitted;
    const bool utf8 = json_text(&event->json, key, value, kept);
    if (kept < length || event->json.omitted > omitted) add_key(&event->truncated, key);
    if (!utf8 && event->json.omitted == omitted) add_key(&event->invalid_utf8, key);
}

size_t event_writer_close(event_writer *event)
{
    event->json.capacity += EVENT_WRITER_LEAST;
    if (event->truncated.length > 0) json_text(&event->json, "truncated", event->truncated.text, event->truncated.length);
    if (event->invalid_utf8.length > 0)
        json_text(&event->json, "invalid_utf8", event->invalid_utf8.text, event->invalid_utf8.length);
    return json_close(&event->json);
}
