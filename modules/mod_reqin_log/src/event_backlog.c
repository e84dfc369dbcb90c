#include "event_backlog.h"

#include <stdlib.h>
#include <string.h>

/* Lengths stand at multiples of their own size, so that none is split by the ring's end. */
static size_t aligned(size_t length) { return (length + sizeof(size_t) - 1) / sizeof(size_t) * sizeof(size_t); }

bool event_backlog_open(event_backlog *backlog, size_t capacity)
{
    const size_t whole = capacity / sizeof(size_t) * sizeof(size_t);
    *backlog = (event_backlog){.ring = malloc(whole), .capacity = whole};
    return backlog->ring != NULL;
}

void event_backlog_close(event_backlog *backlog)
{
    free(backlog->ring);
    *backlog = (event_backlog){.ring = NULL};
}

static size_t around(const event_backlog *backlog, size_t position)
{
    return position < backlog->capacity ? position : position - backlog->capacity;
}

static void locate(const event_backlog *backlog, size_t start, size_t length, struct iovec parts[2])
{
    const size_t straight = backlog->capacity - start, head = length < straight ? length : straight;
    parts[0] = (struct iovec){backlog->ring + start, head};
    parts[1] = (struct iovec){backlog->ring, length - head};
}

bool event_backlog_put(event_backlog *backlog, const char *data, size_t length)
{
    const size_t room = backlog->capacity - backlog->used;
    if (length > backlog->capacity || room < sizeof length + aligned(length)) return false;
    const size_t position = around(backlog, backlog->first + backlog->used);
    memcpy(backlog->ring + position, &length, sizeof length);
    struct iovec parts[2];
    locate(backlog, around(backlog, position + sizeof length), length, parts);
    memcpy(parts[0].iov_base, data, parts[0].iov_len);
    memcpy(parts[1].iov_base, data + parts[0].iov_len, parts[1].iov_len);
    backlog->used += sizeof length + aligned(length);
    return true;
}

bool event_backlog_is_empty(const event_backlog *backlog) { return backlog->used == 0; }

size_t event_backlog_first(const event_backlog *backlog, struct iovec parts[2])
{
    size_t length;
    memcpy(&length, backlog->ring + backlog->first, sizeof length);
    locate(backlog, around(backlog, backlog->first + sizeof length), length, parts);
    return length;
}

void event_backlog_remove_first(event_backlog *backlog)
{
    struct iovec parts[2];
    const size_t whole = sizeof(size_t) + aligned(event_backlog_first(backlog, parts));
    backlog->used -= whole;
    backlog->first = around(backlog, backlog->first + whole);
}
