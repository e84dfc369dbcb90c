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
/* Datagrams of the backlog that are sent while its lock is held. */
enum { FLUSH_MAX = 8 };
enum { DRAIN_WAIT_MS = 50, DRAIN_PAUSE_MS = 2, CLOSE_WAIT_MS = 200 };

/* Not more often than this is a receiver that is there looked for again. */
enum { LOOK_LEAST_US = 1000000 };

/* A failed attempt leaves a connected descriptor with the receiver it had. */
static void try_connect(event_sender *sender, int64_t now_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, sender->path, strlen(sender->path) + 1);
    const int64_t pause = sender->reconnect_us;
    atomic_store(&sender->next_look_us, now_us + (pause > LOOK_LEAST_US ? pause : LOOK_LEAST_US));
    if (connect(sender->descriptor, (const struct sockaddr *)&address, sizeof address) == 0) {
        atomic_store(&sender->connected, true);
        return;
    }
    atomic_store(&sender->last_errno, errno);
    atomic_store(&sender->next_attempt_us, now_us + pause);
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
    try_connect(sender, now_us);
    return true;
}

/* True when the sender is connected afterwards. One thread tries; the others do not wait for it. */
static bool ensure_connected(event_sender *sender, int64_t now_us)
{
    const bool connected = atomic_load(&sender->connected);
    _Atomic int64_t *due = connected ? &sender->next_look_us : &sender->next_attempt_us;
    if (now_us < atomic_load(due)) return connected;
    if (pthread_mutex_trylock(&sender->connecting) != 0) return connected;
    if (now_us >= atomic_load(due)) try_connect(sender, now_us);
    pthread_mutex_unlock(&sender->connecting);
    return atomic_load(&sender->connected);
}

static sender_outcome send_parts(event_sender *sender, struct iovec *parts, size_t count)
{
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    /* send() is the cheaper call. */
    const ssize_t sent = count == 1 ? send(sender->descriptor, parts->iov_base, parts->iov_len, flags)
                                    : sendmsg(sender->descriptor, &message, flags);
    if (sent >= 0) return SENDER_SENT;
    const int error = errno;
    atomic_store(&sender->last_errno, error);
    if (error == EMSGSIZE) return SENDER_TOO_LARGE;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM || error == EINTR) return SENDER_FULL;
    atomic_store(&sender->connected, false);
    return SENDER_UNREACHABLE;
}

static sender_outcome send_now(event_sender *sender, struct iovec *parts, size_t count, int64_t now_us)
{
    const sender_outcome outcome = send_parts(sender, parts, count);
    if (outcome != SENDER_UNREACHABLE) return outcome;
    /* A second time only after the receiver turned out to be gone: it may have been replaced. */
    return ensure_connected(sender, now_us) ? send_parts(sender, parts, count) : SENDER_UNREACHABLE;
}

/* The oldest of the backlog first. The lock is held. */
static sender_outcome flush(event_sender *sender, unsigned most, int64_t now_us)
{
    for (unsigned i = 0; i < most && !event_backlog_is_empty(&sender->backlog); i++) {
        struct iovec parts[2];
        event_backlog_first(&sender->backlog, parts);
        const sender_outcome outcome = send_now(sender, parts, 2, now_us);
        if (outcome == SENDER_TOO_LARGE) atomic_fetch_add(&sender->lost, 1);
        else if (outcome != SENDER_SENT) return outcome;
        event_backlog_remove_first(&sender->backlog);
        atomic_fetch_sub(&sender->waiting, 1);
    }
    return SENDER_SENT;
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

/* Waits until the receiver may take more, not holding the lock. */
static void wait_for_room(event_sender *sender, sender_outcome outcome)
{
    struct pollfd room = {.fd = sender->descriptor, .events = POLLOUT};
    pthread_mutex_unlock(&sender->queueing);
    if (outcome == SENDER_FULL) poll(&room, 1, DRAIN_WAIT_MS);
    else if (outcome != SENDER_SENT) pause_ms(DRAIN_WAIT_MS);
    /* Room may be for less than is needed: then poll returns at once. */
    if (outcome == SENDER_FULL) pause_ms(DRAIN_PAUSE_MS);
    pthread_mutex_lock(&sender->queueing);
}

/* Brings the end of a burst to the receiver, which no later request would do in time. */
static void *drain(void *data)
{
    event_sender *sender = data;
    pthread_mutex_lock(&sender->queueing);
    while (!sender->closing) {
        if (event_backlog_is_empty(&sender->backlog)) {
            pthread_cond_wait(&sender->queued, &sender->queueing);
            continue;
        }
        const int64_t time = now();
        wait_for_room(sender, ensure_connected(sender, time) ? flush(sender, FLUSH_MAX, time) : SENDER_UNREACHABLE);
    }
    pthread_mutex_unlock(&sender->queueing);
    return NULL;
}

/* The lock is held. Without the thread the backlog waits for the next request. */
static void wake_drainer(event_sender *sender)
{
    if (!sender->has_drainer) {
        sigset_t all, before;
        sigfillset(&all);
        /* Signals are for the process' own threads. */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        sender->has_drainer = pthread_create(&sender->drainer, NULL, drain, sender) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_cond_signal(&sender->queued);
}

/* Behind what waits already. */
static sender_outcome queue(event_sender *sender, const char *data, size_t length, int64_t now_us)
{
    pthread_mutex_lock(&sender->queueing);
    sender_outcome outcome = flush(sender, FLUSH_MAX, now_us);
    if (outcome == SENDER_SENT || outcome == SENDER_FULL) {
        struct iovec part = {(char *)data, length};
        if (outcome == SENDER_SENT && event_backlog_is_empty(&sender->backlog)) outcome = send_now(sender, &part, 1, now_us);
        else outcome = SENDER_FULL;
        if (outcome == SENDER_FULL && event_backlog_put(&sender->backlog, data, length)) {
            if (atomic_fetch_add(&sender->waiting, 1) == 0) wake_drainer(sender);
            outcome = SENDER_SENT;
        }
    }
    pthread_mutex_unlock(&sender->queueing);
    return outcome;
}

sender_outcome event_sender_send(event_sender *sender, const char *data, size_t length, int64_t now_us)
{
    if (!ensure_connected(sender, now_us)) return SENDER_UNREACHABLE;
    if (atomic_load(&sender->waiting) == 0) {
        struct iovec part = {(char *)data, length};
        const sender_outcome outcome = send_now(sender, &part, 1, now_us);
        if (outcome != SENDER_FULL) return outcome;
    }
    return queue(sender, data, length, now_us);
}

/* False when the lock is not to be had: then this runs in a signal handler that interrupted its holder. */
static bool lock_to_close(event_sender *sender)
{
    for (unsigned waited = 0; pthread_mutex_trylock(&sender->queueing) != 0; waited += DRAIN_PAUSE_MS) {
        if (waited >= CLOSE_WAIT_MS) return false;
        pause_ms(DRAIN_PAUSE_MS);
    }
    return true;
}

int event_sender_close(event_sender *sender, int64_t now_us)
{
    if (sender->descriptor < 0) return 0;
    if (!lock_to_close(sender)) return -1;
    sender->closing = true;
    pthread_cond_signal(&sender->queued);
    if (atomic_load(&sender->waiting) > 0 && ensure_connected(sender, now_us)) flush(sender, UINT32_MAX, now_us);
    pthread_mutex_unlock(&sender->queueing);
    if (sender->has_drainer) pthread_join(sender->drainer, NULL);
    const unsigned lost = atomic_load(&sender->waiting) + atomic_load(&sender->lost);
    close(sender->descriptor);
    sender->descriptor = -1;
    event_backlog_close(&sender->backlog);
    pthread_mutex_destroy(&sender->connecting);
    pthread_mutex_destroy(&sender->queueing);
    pthread_cond_destroy(&sender->queued);
    return (int)lost;
}
