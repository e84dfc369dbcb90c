#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One flat JSON object in a buffer of fixed size. A field either fits whole or is left out and counted;
 * the closing brace always fits, so the result is valid JSON whatever bytes the values hold.
 */
typedef struct {
    char *buffer;
    size_t capacity;
    size_t length;
    unsigned omitted;
} json_writer;

/* `capacity` must be at least 2. */
void json_open(json_writer *json, char *buffer, size_t capacity);

/* Names are plain ASCII that needs no escapes. Text as it came from the network: bytes that are not UTF-8 are read as Latin-1 (\u0080 to \u00ff); false when there are any. */
bool json_text(json_writer *json, const char *name, const char *value, size_t length);
void json_unsigned(json_writer *json, const char *name, uint64_t value);
/* Microseconds, written as milliseconds with three decimals. */
void json_milliseconds(json_writer *json, const char *name, uint64_t microseconds);

/* Closes the object and returns its length (there is no terminating NUL). */
size_t json_close(json_writer *json);

/* The longest prefix of at most `limit` bytes that does not end inside a UTF-8 sequence. */
size_t json_text_cut(const char *value, size_t length, size_t limit);

#endif
