/*
 * The wire between the testbed's hosts and its server: one process that carries Ethernet frames from TAP to
 * TAP and holds each one back for its host's one-way delay plus jitter. Frames of one host keep their order
 * in each direction and none is dropped on purpose; hosts do not see each other.
 *
 * One thread carries frames; another obeys, because making and removing interfaces waits in the kernel for tens
 * of milliseconds. Commands on stdin, one a line, each answered on stdout by "ok ..." or "error ..."; the program
 * ends with stdin, and its interfaces with it:
 *   server NETNS IFNAME                 makes the server's interface (NETNS "-": the machine's own network)
 *   host ID NETNS IFNAME                makes a host's interface in its namespace
 *   at ID ADDRESS DELAY_US JITTER_US    puts the host at an address; jitter is the mean of an exponential
 *   sysctl ID KEY VALUE...              writes /proc/sys/net/KEY in the host's namespace
 *   gone ID                             takes the host away
 *   count                               frames to the server, to hosts, for nobody, not written
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { max_hosts = 512, frame_size = 2048, batch = 64, server_id = max_hosts };

struct host {
    int tap, ns;
    struct in6_addr address;
    int64_t delay_ns;
    double jitter_ns;
    int64_t last_up, last_down;
};

struct frame {
    int64_t due;
    uint64_t order;
    int to, length;
    uint32_t generation;
    unsigned char *data;
};

static struct host hosts[max_hosts];
static uint32_t generations[max_hosts];
static struct frame *heap;
static int waiting, room;
static uint64_t order, to_server, to_hosts, for_nobody, not_written;
static int poll_fd, own_ns, server_tap = -1;
static uint64_t chance = 0x9e3779b97f4a7c15u;
/* Over everything above but own_ns and poll_fd, which do not change. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* xorshift64 (Marsaglia, 2003), as an exponential of mean 1; only times come of it. */
static double exponential(void) {
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
    return -log(((double)(chance >> 11) + 1) / 9007199254740993.0);
}

static bool before(const struct frame *a, const struct frame *b) {
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void push(struct frame frame) {
    if (waiting == room) {
        room = room ? room * 2 : 1024;
        heap = realloc(heap, (size_t)room * sizeof *heap);
        if (!heap) abort();
    }
    int at = waiting++;
    for (; at > 0 && before(&frame, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = frame;
}

static struct frame pop(void) {
    struct frame first = heap[0], last = heap[--waiting];
    int at = 0;
    for (int child = 1; child < waiting; child = 2 * at + 1) {
        if (child + 1 < waiting && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &last)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

/* The destination of an IPv4 or IPv6 packet (IPv4-mapped); false for anything else and for multicast. */
static bool destination(const unsigned char *frame, int length, struct in6_addr *to) {
    const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (length >= 34 && frame[12] == 0x08 && frame[13] == 0x00) {
        memcpy(to->s6_addr, mapped, 12);
        memcpy(to->s6_addr + 12, frame + 30, 4);
        return frame[30] < 224;
    }
    if (length >= 54 && frame[12] == 0x86 && frame[13] == 0xdd) {
        memcpy(to->s6_addr, frame + 38, 16);
        return frame[38] != 0xff;
    }
    return false;
}

static int host_at(const struct in6_addr *address) {
    for (int i = 0; i < max_hosts; i++)
        if (hosts[i].tap >= 0 && memcmp(&hosts[i].address, address, sizeof *address) == 0) return i;
    return -1;
}

static void hold(struct host *host, int64_t *last, int to, const unsigned char *data, int length) {
    int64_t due = now_ns() + host->delay_ns + (int64_t)(host->jitter_ns * exponential());
    if (due < *last) due = *last;
    *last = due;
    struct frame frame = {.due = due, .order = order++, .to = to, .length = length};
    frame.generation = to == server_id ? 0 : generations[to];
    frame.data = malloc((size_t)length);
    if (!frame.data) abort();
    memcpy(frame.data, data, (size_t)length);
    /* Neither side asks for hardware addresses (NOARP): a gateway's stands in the frames, as behind a router. */
    const unsigned char gateway[6] = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x01};
    unsigned char receiver[6] = {0x02, 0x00, 0x5e, 0x10, (unsigned char)(to >> 8), (unsigned char)to};
    memcpy(frame.data, receiver, 6);
    memcpy(frame.data + 6, gateway, 6);
    push(frame);
}

/* Takes what is waiting at a TAP, a batch at most. */
static void take(int id) {
    unsigned char data[frame_size];
    struct in6_addr to;
    int tap = id == server_id ? server_tap : hosts[id].tap;
    for (int i = 0; i < batch; i++) {
        ssize_t length = read(tap, data, sizeof data);
        if (length < 0) {
            /* Its namespace was removed under it: do not be told so for ever. */
            if (errno != EAGAIN && errno != EINTR) epoll_ctl(poll_fd, EPOLL_CTL_DEL, tap, NULL);
            return;
        }
        if (!destination(data, (int)length, &to)) continue;
        if (id != server_id) {
            hold(&hosts[id], &hosts[id].last_up, server_id, data, (int)length);
            continue;
        }
        int host = host_at(&to);
        if (host < 0) for_nobody++;
        else hold(&hosts[host], &hosts[host].last_down, host, data, (int)length);
    }
}

static void deliver_due(void) {
    for (int64_t now = now_ns(); waiting > 0 && heap[0].due <= now;) {
        struct frame frame = pop();
        bool up = frame.to == server_id;
        if (!up && (hosts[frame.to].tap < 0 || generations[frame.to] != frame.generation)) for_nobody++;
        else if (write(up ? server_tap : hosts[frame.to].tap, frame.data, (size_t)frame.length) < 0) not_written++;
        else if (up) to_server++;
        else to_hosts++;
        free(frame.data);
    }
}

static bool enter(int ns) { return setns(ns, CLONE_NEWNET) == 0; }

/* Makes a TAP in the namespace this process is in; without a vnet header it has no offloads, as a wire. */
static int open_tap(const char *name, int id) {
    int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {0};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) return -1;
    const unsigned char mac[6] = {0x02, 0x00, 0x5e, 0x10, (unsigned char)(id >> 8), (unsigned char)id};
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, mac, 6);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)id};
    if (ioctl(tap, SIOCSIFHWADDR, &request) < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, tap, &event) < 0) return -1;
    return tap;
}

static int make_interface(const char *netns, const char *name, int id, int *ns) {
    *ns = strcmp(netns, "-") == 0 ? dup(own_ns) : open(netns, O_RDONLY | O_CLOEXEC);
    if (*ns < 0 || !enter(*ns)) return -1;
    int tap = open_tap(name, id), error = errno;
    if (!enter(own_ns)) abort();
    errno = error;
    return tap;
}

static void take_away(int id) {
    pthread_mutex_lock(&lock);
    int tap = hosts[id].tap, ns = hosts[id].ns;
    hosts[id].tap = -1;
    generations[id]++;
    pthread_mutex_unlock(&lock);
    if (tap >= 0) close(tap), close(ns);
}

static bool write_sysctl(int ns, const char *key, const char *value) {
    char path[256];
    snprintf(path, sizeof path, "/proc/sys/net/%s", key);
    if (!enter(ns)) return false;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, value, strlen(value)) > 0;
    int error = errno;
    if (file >= 0) close(file);
    if (!enter(own_ns)) abort();
    errno = error;
    return written;
}

static bool place(struct host *host, const char *address, long delay_us, long jitter_us) {
    char mapped[160];
    struct in6_addr parsed;
    snprintf(mapped, sizeof mapped, "%s%s", strchr(address, ':') ? "" : "::ffff:", address);
    if (inet_pton(AF_INET6, mapped, &parsed) != 1) return false;
    pthread_mutex_lock(&lock);
    host->address = parsed;
    host->delay_ns = delay_us * 1000;
    host->jitter_ns = (double)jitter_us * 1000;
    pthread_mutex_unlock(&lock);
    return true;
}

static bool add_host(int id, const char *netns, const char *name) {
    int ns = -1;
    take_away(id);
    int tap = make_interface(netns, name, id, &ns);
    pthread_mutex_lock(&lock);
    hosts[id] = (struct host){.tap = tap, .ns = ns};
    pthread_mutex_unlock(&lock);
    return tap >= 0;
}

static void obey(char *line) {
    char word[16] = "", one[128] = "", two[64] = "";
    int id = -1, skip = 0, value = 0;
    long delay = 0, jitter = 0;
    bool done = false;
    errno = 0;
    if (sscanf(line, "server %127s %63s", one, two) == 2) {
        int tap = make_interface(one, two, server_id, &value);
        pthread_mutex_lock(&lock);
        server_tap = tap;
        pthread_mutex_unlock(&lock);
        done = tap >= 0;
    } else if (strcmp(line, "count") == 0) {
        pthread_mutex_lock(&lock);
        printf("ok %lu %lu %lu %lu\n", to_server, to_hosts, for_nobody, not_written);
        pthread_mutex_unlock(&lock);
        return;
    } else if (sscanf(line, "%15s %d%n", word, &id, &skip) != 2 || id < 0 || id >= max_hosts) {
        errno = EINVAL;
    } else if (strcmp(word, "host") == 0 && sscanf(line + skip, " %127s %63s", one, two) == 2) {
        done = add_host(id, one, two);
    } else if (hosts[id].tap < 0) {
        errno = ENODEV;
    } else if (strcmp(word, "at") == 0 && sscanf(line + skip, " %127s %ld %ld", one, &delay, &jitter) == 3) {
        done = place(&hosts[id], one, delay, jitter);
    } else if (strcmp(word, "sysctl") == 0 && sscanf(line + skip, " %127s %n", one, &value) == 1) {
        done = write_sysctl(hosts[id].ns, one, line + skip + value);
    } else if (strcmp(word, "gone") == 0) {
        take_away(id);
        done = true;
    }
    if (done) printf("ok\n");
    else printf("error %s\n", errno ? strerror(errno) : "not a command");
}

static void *carry(void *unused) {
    for (int64_t left = 0;;) {
        struct epoll_event events[batch];
        struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        int ready = epoll_pwait2(poll_fd, events, batch, &timeout, NULL);
        if (ready < 0 && errno != EINTR) abort();
        pthread_mutex_lock(&lock);
        deliver_due();
        for (int i = 0; i < ready; i++) take((int)events[i].data.u32);
        left = waiting > 0 ? heap[0].due - now_ns() : 1000000000;
        if (left < 0) left = 0;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

int main(void) {
    for (int i = 0; i < max_hosts; i++) hosts[i].tap = -1;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    own_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    pthread_t carrier;
    if (poll_fd < 0 || own_ns < 0 || pthread_create(&carrier, NULL, carry, NULL) != 0) return 1;
    char *line = NULL;
    size_t size = 0;
    for (ssize_t length; (length = getline(&line, &size, stdin)) > 0; fflush(stdout)) {
        if (line[length - 1] == '\n') line[length - 1] = 0;
        obey(line);
    }
    _exit(0);
}
