#include "event_sender.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * What is queued at the receiver counts against the sender's buffer, whose default (212,992 bytes) holds fewer
 * events than a receiver's queue of 512. The system gives no more than net.core.wmem_max.
 */
enum { SEND_BUFFER_BYTES = 1 << 20 };

static bool try_connect(event_sender *sender, int64_t now_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, sender->path, strlen(sender->path) + 1);
    atomic_store(&sender->next_attempt_us, now_us + sender->reconnect_us);
    if (connect(sender->descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        atomic_store(&sender->last_errno, errno);
        return false;
    }
    atomic_store(&sender->connected, true);
    return true;
}

bool event_sender_open(event_sender *sender, const char *path, int64_t reconnect_us, int64_t now_us)
{
    memset(sender, 0, sizeof *sender);
    sender->descriptor = -1;
    if (strlen(path) > EVENT_SENDER_PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    sender->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sender->descriptor < 0) return false;
    const int bytes = SEND_BUFFER_BYTES;
    /* Where it is refused fewer events fit, which is counted like every loss. */
    (void)setsockopt(sender->descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    memcpy(sender->path, path, strlen(path) + 1);
    sender->reconnect_us = reconnect_us;
    pthread_mutex_init(&sender->connecting, NULL);
    try_connect(sender, now_us);
    return true;
}

/* True when the sender is connected afterwards. One thread tries; the others do not wait for it. */
static bool ensure_connected(event_sender *sender, int64_t now_us)
{
    if (atomic_load(&sender->connected)) return true;
    if (now_us < atomic_load(&sender->next_attempt_us)) return false;
    if (pthread_mutex_trylock(&sender->connecting) != 0) return false;
    const bool connected = atomic_load(&sender->connected) || try_connect(sender, now_us);
    pthread_mutex_unlock(&sender->connecting);
    return connected;
}

sender_outcome event_sender_send(event_sender *sender, const char *data, size_t length, int64_t now_us)
{
    /* A second round only after the receiver turned out to be gone: it may have been replaced. */
    for (int round = 0; round < 2 && ensure_connected(sender, now_us); round++) {
        if (send(sender->descriptor, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return SENDER_SENT;
        const int error = errno;
        atomic_store(&sender->last_errno, error);
        if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM || error == EMSGSIZE ||
            error == EINTR)
            return SENDER_FULL;
        atomic_store(&sender->connected, false);
    }
    return SENDER_UNREACHABLE;
}

void event_sender_close(event_sender *sender)
{
    if (sender->descriptor < 0) return;
    close(sender->descriptor);
    sender->descriptor = -1;
    pthread_mutex_destroy(&sender->connecting);
}
