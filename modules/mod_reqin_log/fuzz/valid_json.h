#ifndef FUZZ_VALID_JSON_H
#define FUZZ_VALID_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct {
    const unsigned char *at, *end;
} json_text_at;

static inline bool is(json_text_at *in, char c)
{
    if (in->at == in->end || *in->at != (unsigned char)c) return false;
    in->at++;
    return true;
}

static inline bool hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* One character of a string (RFC 8259, 7), in UTF-8 without surrogates or overlong forms (RFC 3629). */
static inline bool character(json_text_at *in)
{
    const unsigned char *c = in->at;
    const size_t left = (size_t)(in->end - c);
    if (*c < 0x20) return false;
    if (*c == '\\') {
        if (left < 2) return false;
        if (c[1] == 'u') {
            if (left < 6 || !hex(c[2]) || !hex(c[3]) || !hex(c[4]) || !hex(c[5])) return false;
            if ((c[2] == 'd' || c[2] == 'D') && c[3] >= '8') return false; /* half of a pair is no text */
            in->at += 6;
            return true;
        }
        in->at += 2;
        return strchr("\"\\/bfnrt", c[1]) != NULL && c[1] != '\0';
    }
    if (*c < 0x80) {
        in->at++;
        return true;
    }
    const size_t size = *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0;
    if (size == 0 || left < size) return false;
    for (size_t i = 1; i < size; i++) {
        if ((c[i] & 0xc0) != 0x80) return false;
    }
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f)) return false;
    if ((c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) return false;
    in->at += size;
    return true;
}

static inline bool string(json_text_at *in)
{
    if (!is(in, '"')) return false;
    while (in->at < in->end && *in->at != '"') {
        if (!character(in)) return false;
    }
    return is(in, '"');
}

static inline bool digits(json_text_at *in)
{
    const unsigned char *start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') in->at++;
    return in->at > start;
}

/* Number without sign and exponent, as the writer makes them. */
static inline bool number(json_text_at *in)
{
    if (!digits(in)) return false;
    return is(in, '.') ? digits(in) : true;
}

/* A flat object; returns its number of fields, or -1 when it is none. */
static inline int fields_of(const char *text, size_t length)
{
    json_text_at in = {(const unsigned char *)text, (const unsigned char *)text + length};
    int fields = 0;
    if (!is(&in, '{')) return -1;
    if (is(&in, '}')) return in.at == in.end ? 0 : -1;
    do {
        if (!string(&in) || !is(&in, ':')) return -1;
        if (in.at < in.end && *in.at == '"' ? !string(&in) : !number(&in)) return -1;
        fields++;
    } while (is(&in, ','));
    return is(&in, '}') && in.at == in.end ? fields : -1;
}

#endif
