#ifndef EVENT_SENDER_H
#define EVENT_SENDER_H

#include "event_backlog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    SENDER_SENT,       /* or waits in the backlog */
    SENDER_FULL,       /* the receiver's queue and the backlog are full, or there is no buffer memory */
    SENDER_TOO_LARGE,  /* for the socket's send buffer */
    SENDER_UNREACHABLE /* nobody receives at the path */
} sender_outcome;

/*
 * Sends datagrams to a UNIX socket path; any number of threads may use one sender. It never waits for the
 * receiver. What comes in quick succession goes to a backlog of fixed size and from there in batches, by one of the
 * requests that follow or by a thread that is made when it is first needed: a system call per batch costs the server
 * less, and the receiver is not woken for each. The backlog also takes what finds the receiver's queue full; what
 * finds no room there is the caller's to count. A receiver that went away is looked for at most every
 * `reconnect_us`, and as often a new one behind the same path, by connecting the one descriptor anew: it is never
 * closed while requests run, so no thread can write to a descriptor that has become something else.
 */
typedef struct {
    int descriptor;
    char path[108];
    int64_t reconnect_us;
    atomic_bool connected;
    _Atomic int64_t last_failure_us, last_look_us; /* attempts to connect */
    pthread_mutex_t connecting;
    atomic_int last_errno;
    _Atomic int64_t last_sent_us;
    atomic_uint waiting;      /* datagrams in the backlog */
    pthread_mutex_t queueing; /* of all below; never held while something is sent */
    pthread_cond_t queued;
    event_backlog backlog;
    bool flushing;          /* a thread sends what is first in the backlog */
    int64_t oldest_us;      /* since when the backlog waits */
    int64_t last_full_us;   /* when the receiver's queue was */
    pthread_t drainer;
    bool has_drainer, drainer_sleeps;
    bool closing;
    atomic_uint lost; /* from the backlog, because they were too large; the caller's to count */
} event_sender;

/* Longest path the system takes (sun_path without its terminator). */
#define EVENT_SENDER_PATH_MAX 107
#define EVENT_SENDER_BACKLOG_BYTES (1 << 20)

/* False with errno when no socket can be made or the path is too long. Tries a first connect at `now_us`. */
bool event_sender_open(event_sender *sender, const char *path, int64_t reconnect_us, int64_t now_us);
sender_outcome event_sender_send(event_sender *sender, const char *data, size_t length, int64_t now_us);
/*
 * Sends what it can of the backlog. Returns how many datagrams are lost, -1 when the sender is in use and must not be
 * freed: in a signal handler that interrupted one of its functions.
 */
int event_sender_close(event_sender *sender, int64_t now_us);

#endif
