#include "h1_head.h"

#include <string.h>

enum {
    STEP_START,   /* before the request line: empty lines may come first (RFC 9112, 2.2) */
    STEP_REQUEST, /* inside of it */
    STEP_LINE,    /* at the beginning of a line */
    STEP_EMPTY,   /* a line began with CR */
    STEP_NAME,
    STEP_REST     /* of a line, of which nothing is kept */
};

void h1_head_start(h1_head *head)
{
    header_names_clear(&head->names);
    head->done = false;
    head->step = STEP_START;
}

/* The octet that begins a line; returns 1 when it was used up. */
static size_t begin_line(h1_head *head, char octet)
{
    if (octet == '\n') {
        head->done = true;
    } else if (octet == '\r') {
        head->step = STEP_EMPTY;
    } else if (octet == ' ' || octet == '\t') {
        head->step = STEP_REST; /* obs-fold: more of the field before (5.2) */
    } else {
        head->step = STEP_NAME;
        header_names_begin(&head->names);
        return 0;
    }
    return 1;
}

/* Part of a name, up to its colon or, where there is none, the end of the line. */
static size_t take_name(h1_head *head, const char *data, size_t length)
{
    size_t end = 0;
    while (end < length && data[end] != ':' && data[end] != '\n') end++;
    header_names_put(&head->names, data, end);
    if (end == length) return length;
    header_names_end(&head->names);
    head->step = data[end] == ':' ? STEP_REST : STEP_LINE;
    return end + 1;
}

static size_t skip_line(h1_head *head, const char *data, size_t length)
{
    const char *end = memchr(data, '\n', length);
    if (end == NULL) return length;
    head->step = STEP_LINE;
    return (size_t)(end - data) + 1;
}

void h1_head_feed(h1_head *head, const char *data, size_t length)
{
    size_t at = 0;
    while (at < length && !head->done) {
        switch (head->step) {
        case STEP_START:
            if (data[at] == '\r' || data[at] == '\n') at++;
            else head->step = STEP_REQUEST;
            break;
        case STEP_LINE:
            at += begin_line(head, data[at]);
            break;
        case STEP_EMPTY: /* a lone CR is no line end: the rest is a line without a name */
            if (data[at] == '\n') head->done = true;
            else head->step = STEP_REST;
            break;
        case STEP_NAME:
            at += take_name(head, data + at, length - at);
            break;
        default:
            at += skip_line(head, data + at, length - at);
            break;
        }
    }
}
