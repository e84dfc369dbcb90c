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
 * receiver. What finds the receiver's queue full goes to a backlog of fixed size, from which a thread that is made
 * when it is first needed sends it in order; what finds no room there is the caller's to count. (Sending in batches
 * was no cheaper for the server, because copies, locks and wake-ups cost what the system calls had.)
 * A receiver that went away is looked for at most every
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
    atomic_uint waiting;      /* datagrams in the backlog */
    pthread_mutex_t queueing; /* of all below; never held while something is sent */
    pthread_cond_t queued;
    event_backlog backlog;
    bool flushing;            /* a thread sends what is first in the backlog */
    pthread_t drainer;
    bool has_drainer;
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
