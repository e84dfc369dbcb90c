/* Name lists of streams: never more than the bounds, and a stream gets its own list or none. */
#include "promise.h"
#include "stream_names.h"

#include <string.h>

enum { STREAMS = 1024, LONGEST = 2048 };

/* A list that can be told from all others by its stream and turn, of a length that varies. */
static size_t make_list(char *text, uint32_t stream, unsigned kind)
{
    const size_t length = kind < 128 ? 16 : (size_t)(kind - 127) * (LONGEST / 128);
    memset(text, 'a' + (int)(kind % 26), length);
    const int used = snprintf(text, LONGEST, "%u", kind < 64 ? kind : stream);
    text[used] = '-';
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct {
        char text[LONGEST];
        size_t length;
        bool there;
    } model[STREAMS];
    static stream_names table;
    static char text[LONGEST];
    memset(model, 0, sizeof model);
    stream_names_start(&table);
    for (size_t at = 0; at + 3 <= size; at += 3) {
        const uint32_t stream = 1 + 2 * (((uint32_t)data[at + 1] << 8 | data[at]) % (STREAMS / 2));
        const unsigned kind = data[at + 2];
        const unsigned action = data[at + 1] >> 5;
        if (action < 4) {
            const size_t length = make_list(text, stream, kind);
            model[stream].there = stream_names_put(&table, stream, text, length, kind % 2 == 0);
            memcpy(model[stream].text, text, length);
            model[stream].length = length;
        } else if (action < 5) {
            stream_names_drop(&table, stream);
            model[stream].there = false;
        } else {
            size_t length;
            bool cut;
            const char *taken = stream_names_take(&table, stream, &length, &cut);
            if (taken != NULL) {
                PROMISE(model[stream].there, "a list is taken once");
                PROMISE(length == model[stream].length && memcmp(taken, model[stream].text, length) == 0,
                    "a stream gets its own list");
            }
            model[stream].there = false;
        }
        PROMISE(table.bytes <= STREAM_NAMES_BYTES, "all lists together are bounded");
    }
    stream_names_free(&table);
    return 0;
}
