/*
 * The writer of events: valid JSON within its buffer whatever the values hold.
 * Input: two octets of capacity, then fields: kind, length, octets.
 */
#include "json_writer.h"
#include "promise.h"
#include "valid_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    const size_t capacity = 2 + ((size_t)data[0] << 8 | data[1]);
    /* On the heap and exactly as large: one octet too many is seen. */
    char *buffer = malloc(capacity);
    json_writer json;
    json_open(&json, buffer, capacity);
    unsigned fields = 0;
    for (size_t at = 2; at + 2 <= size; fields++) {
        const unsigned kind = data[at];
        size_t length = data[at + 1];
        at += 2;
        if (kind >= 128) length *= 64;
        if (length > size - at) length = size - at;
        const char *value = (const char *)data + at;
        if (kind % 4 == 0) {
            uint64_t count = 0;
            memcpy(&count, value, length < sizeof count ? length : sizeof count);
            json_unsigned(&json, "count", count);
            if (kind % 8 == 4) {
                json_milliseconds(&json, "duration_ms", count);
                fields++;
            }
        } else {
            const size_t cut = json_text_cut(value, length, kind % 64 * 16);
            PROMISE(cut <= length && cut <= kind % 64 * 16, "a value is cut to its limit");
            PROMISE(cut == length || cut + 3 >= kind % 64 * 16, "at most a character more is cut away");
            char name[8] = "header_";
            name[0] = (char)('a' + length % 26);
            json_text(&json, name, value, cut);
        }
        at += length;
    }
    const size_t length = json_close(&json);
    PROMISE(length <= capacity, "the object stays in its buffer");
    const int written = fields_of(buffer, length);
    PROMISE(written >= 0, "the object is valid JSON");
    PROMISE((unsigned)written + json.omitted == fields, "every field is written or counted");
    free(buffer);
    return 0;
}
