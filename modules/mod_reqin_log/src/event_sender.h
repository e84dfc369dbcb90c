#ifndef EVENT_SENDER_H
#define EVENT_SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    SENDER_SENT,
    SENDER_FULL,       /* the receiver's queue is full, or there is no buffer memory */
    SENDER_UNREACHABLE /* nobody receives at the path */
} sender_outcome;

/*
 * Sends datagrams to a UNIX socket path; any number of threads may use one sender. It never blocks:
 * what cannot be sent at once is the caller's to count. A receiver that went away is looked for again at
 * most every `reconnect_us`, by connecting the one descriptor anew: it is never closed while requests run,
 * so no thread can write to a descriptor that has become something else.
 */
typedef struct {
    int descriptor;
    char path[108];
    int64_t reconnect_us;
    atomic_bool connected;
    _Atomic int64_t next_attempt_us;
    pthread_mutex_t connecting;
    atomic_int last_errno;
} event_sender;

/* Longest path the system takes (sun_path without its terminator). */
#define EVENT_SENDER_PATH_MAX 107

/* False with errno when no socket can be made or the path is too long. Tries a first connect at `now_us`. */
bool event_sender_open(event_sender *sender, const char *path, int64_t reconnect_us, int64_t now_us);
sender_outcome event_sender_send(event_sender *sender, const char *data, size_t length, int64_t now_us);
void event_sender_close(event_sender *sender);

#endif
