#ifndef H1_HEAD_H
#define H1_HEAD_H

#include "header_names.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads the names of an HTTP/1.x request's head (RFC 9112, 2.1), whose octets may come in any portions. */
typedef struct {
    header_names names; /* order and case of the wire, each as often as it came */
    bool done;          /* the empty line was seen */
    /* Private. */
    unsigned char step;
} h1_head;

void h1_head_start(h1_head *head);
/* Octets behind the head are not looked at. */
void h1_head_feed(h1_head *head, const char *data, size_t length);

#endif
