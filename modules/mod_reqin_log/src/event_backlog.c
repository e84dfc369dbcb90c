#include "event_backlog.h"

#include <stdlib.h>
#include <string.h>

bool event_backlog_open(event_backlog *backlog, size_t capacity)
{
    *backlog = (event_backlog){.ring = malloc(capacity), .capacity = capacity};
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

static void append(event_backlog *backlog, const void *data, size_t length)
{
    struct iovec parts[2];
    locate(backlog, around(backlog, backlog->first + backlog->used), length, parts);
    memcpy(parts[0].iov_base, data, parts[0].iov_len);
    memcpy(parts[1].iov_base, (const char *)data + parts[0].iov_len, parts[1].iov_len);
    backlog->used += length;
}

bool event_backlog_put(event_backlog *backlog, const char *data, size_t length)
{
    const size_t room = backlog->capacity - backlog->used;
    if (room < sizeof length || room - sizeof length < length) return false;
    append(backlog, &length, sizeof length);
    append(backlog, data, length);
    return true;
}

bool event_backlog_is_empty(const event_backlog *backlog) { return backlog->used == 0; }

size_t event_backlog_first(const event_backlog *backlog, struct iovec parts[2])
{
    size_t length = 0;
    locate(backlog, backlog->first, sizeof length, parts);
    memcpy(&length, parts[0].iov_base, parts[0].iov_len);
    memcpy((char *)&length + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
    locate(backlog, around(backlog, backlog->first + sizeof length), length, parts);
    return length;
}

void event_backlog_remove_first(event_backlog *backlog)
{
    struct iovec parts[2];
    const size_t whole = sizeof(size_t) + event_backlog_first(backlog, parts);
    backlog->used -= whole;
    backlog->first = backlog->used == 0 ? 0 : around(backlog, backlog->first + whole);
}
