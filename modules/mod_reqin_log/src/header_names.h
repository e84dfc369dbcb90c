#ifndef HEADER_NAMES_H
#define HEADER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define HEADER_NAMES_MAX 2048

/*
 * Names of one request's header fields, comma-joined, in the order they are added. Octets that no field name
 * may hold (RFC 9110, 5.1), the comma among them, are written as "%2C", so that the list can be taken apart.
 */
typedef struct {
    char text[HEADER_NAMES_MAX]; /* `length` octets, no terminator */
    size_t length;
    bool cut;  /* a name did not fit: it and all later ones are missing */
    bool open; /* a name has begun; `mark` is where the list ends without it */
    size_t mark;
    size_t names;
} header_names;

/* RFC 9110, 5.6.2 */
bool is_header_name(const char *text);

void header_names_clear(header_names *list);

/* One whole name; NULL for one that is too long to be known. */
void header_names_add(header_names *list, const char *name, size_t length);

/* One name in portions. */
void header_names_begin(header_names *list);
void header_names_put(header_names *list, const char *part, size_t length);
void header_names_end(header_names *list);

#endif
