#include "json_writer.h"

#include <string.h>

void json_open(json_writer *json, char *buffer, size_t capacity)
{
    *json = (json_writer){.buffer = buffer, .capacity = capacity};
    json->buffer[json->length++] = '{';
}

/* Octets that stand for themselves in a JSON string: printable ASCII but " and \\. */
static bool is_plain(unsigned char c)
{
    static const uint32_t plain[8] = {0, 0xfffffffb, 0xefffffff, 0x7fffffff};
    return (plain[c >> 5] >> (c & 31)) & 1;
}

/* Each octet's highest bit is set somewhere in the result when one of the eight is not plain. */
static uint64_t unplain_octets(const unsigned char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t octets;
    memcpy(&octets, text, sizeof octets);
    const uint64_t quote = octets ^ (ones * '"'), backslash = octets ^ (ones * '\\'), del = octets ^ (ones * 0x7f);
    const uint64_t control = octets - ones * 0x20;
    return (octets | control | (quote - ones) | (backslash - ones) | (del - ones)) & high;
}

static size_t plain_length(const unsigned char *text, size_t length)
{
    size_t plain = 0;
    while (length - plain >= sizeof(uint64_t) && unplain_octets(text + plain) == 0) plain += sizeof(uint64_t);
    while (plain < length && is_plain(text[plain])) plain++;
    return plain;
}

/* Length of the well-formed UTF-8 sequence at `text` (Unicode, table 3-7), 0 when there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t length)
{
    const unsigned char lead = text[0];
    if (lead < 0x80) return 1;
    const size_t size = lead >= 0xc2 && lead <= 0xdf ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (size == 0 || size > length) return 0;
    unsigned char low = 0x80, high = 0xbf; /* of the second octet */
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
    }
    return size;
}

enum { ESCAPE_SHORT = 2, ESCAPE_LONG = 6 };

/* What an octet that does not stand for itself takes. */
static size_t escape_length(unsigned char c) { return c == '"' || c == '\\' ? ESCAPE_SHORT : ESCAPE_LONG; }

static char *write_escape(char *at, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    *at++ = '\\';
    if (escape_length(c) == ESCAPE_SHORT) {
        *at++ = (char)c;
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = digits[c >> 4];
    at[4] = digits[c & 15];
    return at + 5;
}

/* How far from `at` octets stand for themselves: plain ones and well-formed UTF-8. */
static size_t run_length(const unsigned char *text, size_t at, size_t length)
{
    size_t end = at;
    for (;;) {
        end += plain_length(text + end, length - end);
        if (end == length || text[end] < 0x80) return end - at;
        const size_t size = utf8_sequence(text + end, length - end);
        if (size == 0) return end - at;
        end += size;
    }
}

/* A value's octets in the JSON text. `utf8` becomes false when some are no part of a UTF-8 sequence. */
static size_t escaped_length(const unsigned char *text, size_t length, bool *utf8)
{
    size_t total = 0;
    for (size_t i = 0; i < length; i++) {
        const size_t run = run_length(text, i, length);
        total += run;
        i += run;
        if (i == length) break;
        if (text[i] >= 0x80) *utf8 = false;
        total += escape_length(text[i]);
    }
    return total;
}

/* Octets that stand for themselves are copied a run at a time. */
static char *write_escaped(char *at, const unsigned char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const size_t run = run_length(text, i, length);
        memcpy(at, text + i, run);
        at += run;
        i += run;
        if (i == length) break;
        at = write_escape(at, text[i]);
    }
    return at;
}

/* Where a value of `length` octets goes, behind its field's name; NULL when the field does not fit, which is counted. */
static char *begin_field(json_writer *json, const char *name, size_t length)
{
    const size_t name_length = strlen(name), comma = json->length > 1;
    /* One octet stays free for the closing brace. */
    if (comma + name_length + 3 + length >= json->capacity - json->length) {
        json->omitted++;
        return NULL;
    }
    char *at = json->buffer + json->length;
    if (comma) *at++ = ',';
    *at++ = '"';
    memcpy(at, name, name_length);
    at += name_length;
    *at++ = '"';
    *at++ = ':';
    return at;
}

static void end_field(json_writer *json, const char *end) { json->length = (size_t)(end - json->buffer); }

bool json_text(json_writer *json, const char *name, const char *value, size_t length)
{
    const unsigned char *text = (const unsigned char *)value;
    bool utf8 = true;
    const bool plain = plain_length(text, length) == length;
    char *at = begin_field(json, name, 2 + (plain ? length : escaped_length(text, length, &utf8)));
    if (at == NULL) return utf8;
    *at++ = '"';
    if (plain) {
        memcpy(at, value, length);
        at += length;
    } else {
        at = write_escaped(at, text, length);
    }
    *at++ = '"';
    end_field(json, at);
    return utf8;
}

static void number(json_writer *json, const char *name, const char *digits, size_t length)
{
    char *at = begin_field(json, name, length);
    if (at == NULL) return;
    memcpy(at, digits, length);
    end_field(json, at + length);
}

/* Decimal digits before `end`; returns where they begin. */
static char *write_digits(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

void json_unsigned(json_writer *json, const char *name, uint64_t value)
{
    char digits[20], *const end = digits + sizeof digits;
    const char *start = write_digits(end, value);
    number(json, name, start, (size_t)(end - start));
}

void json_milliseconds(json_writer *json, const char *name, uint64_t microseconds)
{
    char digits[24], *const end = digits + sizeof digits;
    /* A digit more than the fraction has, so that its zeros are written; the point takes that digit's place. */
    write_digits(end, 1000 + microseconds % 1000);
    end[-4] = '.';
    const char *start = write_digits(end - 4, microseconds / 1000);
    number(json, name, start, (size_t)(end - start));
}

size_t json_close(json_writer *json)
{
    json->buffer[json->length++] = '}';
    return json->length;
}

size_t json_text_cut(const char *value, size_t length, size_t limit)
{
    if (length <= limit) return length;
    size_t back = 0; /* continuation octets directly before the cut */
    while (back < 3 && back < limit && ((unsigned char)value[limit - back - 1] & 0xc0) == 0x80) back++;
    if (back == limit) return limit;
    const unsigned char *lead = (const unsigned char *)value + limit - back - 1;
    if (*lead < 0xc0) return limit;
    return utf8_sequence(lead, length - (limit - back - 1)) > back + 1 ? limit - back - 1 : limit;
}
