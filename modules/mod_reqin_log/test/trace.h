/* What a reader told, as text that can be compared. */
#include <stdio.h>
#include <string.h>

typedef struct {
    char text[1 << 16];
    size_t length;
} trace;

static void trace_add(trace *to, const char *data, size_t length)
{
    if (length > sizeof to->text - 1 - to->length) length = sizeof to->text - 1 - to->length;
    memcpy(to->text + to->length, data, length);
    to->length += length;
    to->text[to->length] = '\0';
}
