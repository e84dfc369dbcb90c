#ifndef EVENT_BACKLOG_H
#define EVENT_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Datagrams in order, in a ring of fixed size. Not synchronised. */
typedef struct {
    char *ring;
    size_t capacity;
    size_t first, used; /* each datagram is its length and its octets, filled up to the next multiple of a size_t */
} event_backlog;

/* False without memory. Pages of the ring that were never used take none. */
bool event_backlog_open(event_backlog *backlog, size_t capacity);
void event_backlog_close(event_backlog *backlog);

/* False when it has no room. */
bool event_backlog_put(event_backlog *backlog, const char *data, size_t length);
bool event_backlog_is_empty(const event_backlog *backlog);
/* The oldest datagram's two parts, of which the second may be empty; there must be one. Returns its length. */
size_t event_backlog_first(const event_backlog *backlog, struct iovec parts[2]);
void event_backlog_remove_first(event_backlog *backlog);

#endif
