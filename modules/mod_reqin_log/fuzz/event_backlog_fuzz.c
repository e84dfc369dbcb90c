/* The ring of waiting datagrams: first in, first out, whole, within its size. Input: capacity, then sizes; 0 takes one. */
#include "event_backlog.h"
#include "promise.h"

#include <stdint.h>
#include <string.h>

enum { MOST = 4096 };

/* What a datagram takes: its length and its octets, both in whole words. */
static size_t space_of(size_t length)
{
    const size_t word = sizeof length;
    return word + (length + word - 1) / word * word;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static size_t lengths[MOST];
    static char datagram[2048];
    if (size < 2) return 0;
    size_t put = 0, taken = 0, waiting = 0;
    event_backlog backlog;
    const size_t capacity = 16 + ((size_t)data[0] << 8 | data[1]) % 512 * sizeof(size_t);
    PROMISE(event_backlog_open(&backlog, capacity), "there is memory");
    for (size_t at = 2; at < size; at++) {
        if (data[at] == 0) {
            if (event_backlog_is_empty(&backlog)) continue;
            struct iovec parts[2];
            const size_t length = event_backlog_first(&backlog, parts);
            PROMISE(taken < put && length == lengths[taken], "datagrams come in order");
            PROMISE(parts[0].iov_len + parts[1].iov_len == length, "a datagram is whole");
            for (int part = 0; part < 2; part++) {
                const char *octets = parts[part].iov_base;
                for (size_t i = 0; i < parts[part].iov_len; i++)
                    PROMISE(octets[i] == (char)taken, "a datagram keeps its octets");
            }
            event_backlog_remove_first(&backlog);
            waiting -= space_of(length);
            taken++;
        } else if (put < MOST) {
            const size_t length = (size_t)(data[at] - 1) * 7;
            memset(datagram, (char)put, length);
            const bool there_is_room = capacity >= waiting + space_of(length);
            PROMISE(event_backlog_put(&backlog, datagram, length) == there_is_room, "what has room is taken");
            if (!there_is_room) continue;
            lengths[put++] = length;
            waiting += space_of(length);
        }
    }
    PROMISE(event_backlog_is_empty(&backlog) == (put == taken), "it is empty when all were taken");
    event_backlog_close(&backlog);
    return 0;
}
