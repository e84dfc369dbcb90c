#include "event_sender.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/*
 * What is queued at the receiver counts against the sender's buffer, whose default (212,992 bytes) holds fewer
 * events than a receiver's queue of 512. The system gives no more than net.core.wmem_max.
 */
enum { SEND_BUFFER_BYTES = 1 << 20 };
/* A full queue is tried again when it has room, at the latest after DRAIN_ROOM_MS, and not before FULL_PAUSE_MS. */
enum { DRAIN_ROOM_MS = 50, FULL_PAUSE_MS = 1, CLOSE_PAUSE_MS = 2, CLOSE_WAIT_MS = 200 };

/* Also true when the clock was set back: then nothing is known about the time since. */
static bool has_passed(int64_t now_us, int64_t since_us, int64_t span_us)
{
    return now_us < since_us || now_us - since_us >= span_us;
}

/* Not more often than this is a receiver that is there looked for again. */
enum { LOOK_LEAST_US = 1000000 };

/* A failed attempt leaves a connected descriptor with the receiver it had. */
static void try_connect(event_sender *sender, int64_t now_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, sender->path, strlen(sender->path) + 1);
    atomic_store(&sender->last_look_us, now_us);
    if (connect(sender->descriptor, (const struct sockaddr *)&address, sizeof address) == 0) {
        atomic_store(&sender->connected, true);
        return;
    }
    atomic_store(&sender->last_errno, errno);
    atomic_store(&sender->last_failure_us, now_us);
}

static bool is_time_to_connect(const event_sender *sender, bool connected, int64_t now_us)
{
    const int64_t pause = sender->reconnect_us;
    if (!connected) return has_passed(now_us, atomic_load(&sender->last_failure_us), pause);
    return has_passed(now_us, atomic_load(&sender->last_look_us), pause > LOOK_LEAST_US ? pause : LOOK_LEAST_US);
}

bool event_sender_open(event_sender *sender, const char *path, int64_t reconnect_us, int64_t now_us)
{
    memset(sender, 0, sizeof *sender);
    sender->descriptor = -1;
    if (strlen(path) > EVENT_SENDER_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!event_backlog_open(&sender->backlog, EVENT_SENDER_BACKLOG_BYTES)) return false;
    sender->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sender->descriptor < 0) {
        event_backlog_close(&sender->backlog);
        return false;
    }
    const int bytes = SEND_BUFFER_BYTES;
    /* Where it is refused fewer events fit, which is counted like every loss. */
    (void)setsockopt(sender->descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    memcpy(sender->path, path, strlen(path) + 1);
    sender->reconnect_us = reconnect_us;
    pthread_mutex_init(&sender->connecting, NULL);
    pthread_mutex_init(&sender->queueing, NULL);
    pthread_cond_init(&sender->queued, NULL);
    atomic_store(&sender->last_failure_us, now_us - reconnect_us);
    try_connect(sender, now_us);
    return true;
}

/* True when the sender is connected afterwards. One thread tries; the others do not wait for it. */
static bool ensure_connected(event_sender *sender, int64_t now_us)
{
    const bool connected = atomic_load(&sender->connected);
    if (!is_time_to_connect(sender, connected, now_us)) return connected;
    if (pthread_mutex_trylock(&sender->connecting) != 0) return connected;
    if (is_time_to_connect(sender, connected, now_us)) try_connect(sender, now_us);
    pthread_mutex_unlock(&sender->connecting);
    return atomic_load(&sender->connected);
}

/* What a system call's error means. */
static sender_outcome outcome_of(event_sender *sender, int error)
{
    atomic_store(&sender->last_errno, error);
    if (error == EMSGSIZE) return SENDER_TOO_LARGE;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM || error == EINTR) return SENDER_FULL;
    atomic_store(&sender->connected, false);
    return SENDER_UNREACHABLE;
}

/* A datagram in two parts, of which the second may be empty. */
static ssize_t send_once(const event_sender *sender, const struct iovec parts[2])
{
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    if (parts[1].iov_len == 0) return send(sender->descriptor, parts[0].iov_base, parts[0].iov_len, flags);
    struct iovec both[2] = {parts[0], parts[1]};
    return sendmsg(sender->descriptor, &(struct msghdr){.msg_iov = both, .msg_iovlen = 2}, flags);
}

static sender_outcome send_now(event_sender *sender, const struct iovec parts[2], int64_t now_us)
{
    sender_outcome outcome = SENDER_UNREACHABLE;
    /* A second time only after the receiver turned out to be gone: it may have been replaced. */
    for (int round = 0; round < 2 && outcome == SENDER_UNREACHABLE && ensure_connected(sender, now_us); round++)
        outcome = send_once(sender, parts) >= 0 ? SENDER_SENT : outcome_of(sender, errno);
    return outcome;
}

/*
 * Sends the oldest. The lock is held, but not while it sends: nobody else removes anything then, and what is added
 * does not touch what is there.
 */
static sender_outcome flush(event_sender *sender, int64_t now_us)
{
    struct iovec parts[2];
    event_backlog_first(&sender->backlog, parts);
    sender->flushing = true;
    pthread_mutex_unlock(&sender->queueing);
    const sender_outcome outcome = send_now(sender, parts, now_us);
    pthread_mutex_lock(&sender->queueing);
    sender->flushing = false;
    if (outcome == SENDER_FULL || outcome == SENDER_UNREACHABLE) return outcome;
    event_backlog_remove_first(&sender->backlog);
    atomic_fetch_sub(&sender->waiting, 1);
    if (outcome == SENDER_TOO_LARGE) atomic_fetch_add(&sender->lost, 1);
    return outcome;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void pause_ms(unsigned milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)milliseconds * 1000000}, NULL);
}

/* Until the receiver has room, not holding the lock. */
static void wait_for_room(event_sender *sender, sender_outcome outcome)
{
    struct pollfd room = {.fd = sender->descriptor, .events = POLLOUT};
    pthread_mutex_unlock(&sender->queueing);
    if (outcome == SENDER_UNREACHABLE) pause_ms(DRAIN_ROOM_MS);
    else poll(&room, 1, DRAIN_ROOM_MS);
    /* Room may be for less than is needed: then poll returns at once. */
    pause_ms(FULL_PAUSE_MS);
    pthread_mutex_lock(&sender->queueing);
}

static void *drain(void *data)
{
    event_sender *sender = data;
    pthread_mutex_lock(&sender->queueing);
    while (!sender->closing) {
        if (event_backlog_is_empty(&sender->backlog)) {
            pthread_cond_wait(&sender->queued, &sender->queueing);
            continue;
        }
        const sender_outcome outcome = flush(sender, now());
        if (outcome == SENDER_FULL || outcome == SENDER_UNREACHABLE) wait_for_room(sender, outcome);
    }
    pthread_mutex_unlock(&sender->queueing);
    return NULL;
}

/* The lock is held. */
static bool has_drainer(event_sender *sender)
{
    if (sender->has_drainer) return true;
    sigset_t all, before;
    sigfillset(&all);
    /* Signals are for the process' own threads. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sender->has_drainer = pthread_create(&sender->drainer, NULL, drain, sender) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sender->has_drainer;
}

/* Behind what waits already. */
static sender_outcome queue(event_sender *sender, const char *data, size_t length)
{
    sender_outcome outcome = SENDER_FULL;
    pthread_mutex_lock(&sender->queueing);
    if (has_drainer(sender) && event_backlog_put(&sender->backlog, data, length)) {
        outcome = SENDER_SENT;
        if (atomic_fetch_add(&sender->waiting, 1) == 0) pthread_cond_signal(&sender->queued);
    }
    pthread_mutex_unlock(&sender->queueing);
    return outcome;
}

sender_outcome event_sender_send(event_sender *sender, const char *data, size_t length, int64_t now_us)
{
    if (atomic_load(&sender->waiting) > 0)
        return ensure_connected(sender, now_us) ? queue(sender, data, length) : SENDER_UNREACHABLE;
    const struct iovec parts[2] = {{(char *)data, length}, {NULL, 0}};
    const sender_outcome outcome = send_now(sender, parts, now_us);
    return outcome == SENDER_FULL ? queue(sender, data, length) : outcome;
}

/* False when the lock is not to be had: then this runs in a signal handler that interrupted its holder. */
static bool lock_to_close(event_sender *sender)
{
    for (unsigned waited = 0; pthread_mutex_trylock(&sender->queueing) != 0; waited += CLOSE_PAUSE_MS) {
        if (waited >= CLOSE_WAIT_MS) return false;
        pause_ms(CLOSE_PAUSE_MS);
    }
    return true;
}

int event_sender_close(event_sender *sender, int64_t now_us)
{
    if (sender->descriptor < 0) return 0;
    if (!lock_to_close(sender)) return -1;
    sender->closing = true;
    pthread_cond_signal(&sender->queued);
    pthread_mutex_unlock(&sender->queueing);
    if (sender->has_drainer) pthread_join(sender->drainer, NULL);
    /* A request that is interrupted by the end of the process may still be sending. */
    if (sender->flushing) return -1;
    pthread_mutex_lock(&sender->queueing);
    sender_outcome outcome = SENDER_SENT;
    while (!event_backlog_is_empty(&sender->backlog) && (outcome == SENDER_SENT || outcome == SENDER_TOO_LARGE))
        outcome = flush(sender, now_us);
    pthread_mutex_unlock(&sender->queueing);
    const unsigned lost = atomic_load(&sender->waiting) + atomic_load(&sender->lost);
    close(sender->descriptor);
    sender->descriptor = -1;
    event_backlog_close(&sender->backlog);
    pthread_mutex_destroy(&sender->connecting);
    pthread_mutex_destroy(&sender->queueing);
    pthread_cond_destroy(&sender->queued);
    return (int)lost;
}
