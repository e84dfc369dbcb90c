#include "cmocka_setup.h"
#include "event_sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

static char folder[64], path[96];

static int receiver(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    unlink(path);
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/reqin-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/s", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void delivers(void **state)
{
    (void)state;
    char data[16];
    event_sender sender;
    const int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    assert_int_equal(event_sender_send(&sender, "event", 5, 0), SENDER_SENT);
    assert_int_equal(recv(in, data, sizeof data, 0), 5);
    event_sender_close(&sender, 0);
    close(in);
}

static void waits_between_attempts_and_recovers(void **state)
{
    (void)state;
    event_sender sender;
    unlink(path);
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    assert_int_equal(event_sender_send(&sender, "a", 1, SECOND), SENDER_UNREACHABLE);
    assert_int_equal(atomic_load(&sender.last_errno), ENOENT);
    const int in = receiver();
    assert_int_equal(event_sender_send(&sender, "b", 1, 9 * SECOND), SENDER_UNREACHABLE);
    assert_int_equal(event_sender_send(&sender, "c", 1, 10 * SECOND), SENDER_SENT);
    event_sender_close(&sender, 0);
    close(in);
}

static void finds_a_replaced_receiver_at_once(void **state)
{
    (void)state;
    char data[4];
    event_sender sender;
    int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    assert_int_equal(event_sender_send(&sender, "a", 1, SECOND), SENDER_SENT);
    close(in);
    in = receiver();
    assert_int_equal(event_sender_send(&sender, "b", 1, 20 * SECOND), SENDER_SENT);
    assert_int_equal(recv(in, data, sizeof data, 0), 1);
    assert_int_equal(data[0], 'b');
    event_sender_close(&sender, 0);
    close(in);
}

static void finds_a_new_receiver_while_the_old_one_lives(void **state)
{
    (void)state;
    char data[4];
    event_sender sender;
    const int old = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    const int in = receiver();
    assert_int_equal(event_sender_send(&sender, "a", 1, SECOND), SENDER_SENT);
    assert_int_equal(recv(old, data, sizeof data, 0), 1);
    assert_int_equal(event_sender_send(&sender, "b", 1, 10 * SECOND), SENDER_SENT);
    assert_int_equal(recv(in, data, sizeof data, 0), 1);
    unlink(path); /* a receiver whose path is gone goes on receiving */
    assert_int_equal(event_sender_send(&sender, "c", 1, 20 * SECOND), SENDER_SENT);
    assert_int_equal(recv(in, data, sizeof data, 0), 1);
    event_sender_close(&sender, 0);
    close(old);
    close(in);
}

static void says_why_nobody_receives(void **state)
{
    (void)state;
    event_sender sender;
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    assert_int_equal(event_sender_send(&sender, "a", 1, 0), SENDER_UNREACHABLE);
    assert_int_equal(atomic_load(&sender.last_errno), ECONNREFUSED);
    unlink(path);
    const int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    assert_int_equal(bind(stream, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(event_sender_send(&sender, "a", 1, 10 * SECOND), SENDER_UNREACHABLE);
    assert_int_equal(atomic_load(&sender.last_errno), EPROTOTYPE);
    event_sender_close(&sender, 0);
    close(stream);
}

static unsigned number(unsigned char *data, ssize_t length)
{
    assert_int_equal(length, 1000);
    return (unsigned)data[0] << 16 | (unsigned)data[1] << 8 | data[2];
}

static sender_outcome send_number(event_sender *sender, unsigned value)
{
    char data[1000] = {(char)(value >> 16), (char)(value >> 8), (char)value};
    return event_sender_send(sender, data, sizeof data, SECOND);
}

static void does_not_wait_for_a_full_queue(void **state)
{
    (void)state;
    event_sender sender;
    const int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    unsigned sent = 0;
    while (sent < 100000 && send_number(&sender, sent) == SENDER_SENT) sent++;
    assert_true(sent >= EVENT_SENDER_BACKLOG_BYTES / 1008 && sent < 100000);
    assert_int_equal(send_number(&sender, sent), SENDER_FULL);
    const unsigned waiting = atomic_load(&sender.waiting);
    assert_int_equal(waiting, EVENT_SENDER_BACKLOG_BYTES / 1008);
    assert_int_equal(event_sender_close(&sender, 0), waiting);
    close(in);
}

static void delivers_the_backlog_in_order_without_further_requests(void **state)
{
    (void)state;
    unsigned char data[1001];
    event_sender sender;
    const int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    unsigned sent = 0;
    while (sent < 100000 && send_number(&sender, sent) == SENDER_SENT) sent++;
    /* Blocks until the thread has brought the next one. */
    for (unsigned i = 0; i < sent; i++) assert_int_equal(number(data, recv(in, data, sizeof data, 0)), i);
    assert_int_equal(recv(in, data, sizeof data, MSG_DONTWAIT), -1);
    assert_int_equal(send_number(&sender, sent), SENDER_SENT);
    assert_int_equal(number(data, recv(in, data, sizeof data, 0)), sent);
    assert_int_equal(event_sender_close(&sender, 0), 0);
    close(in);
}

static void keeps_the_backlog_for_the_next_receiver(void **state)
{
    (void)state;
    unsigned char data[1001];
    event_sender sender;
    int in = receiver();
    assert_true(event_sender_open(&sender, path, 0, 0));
    unsigned sent = 0;
    while (sent < 100000 && send_number(&sender, sent) == SENDER_SENT) sent++;
    close(in);
    unlink(path);
    assert_int_not_equal(send_number(&sender, sent), SENDER_SENT);
    in = receiver();
    const unsigned first = number(data, recv(in, data, sizeof data, 0));
    assert_int_equal(first, sent - EVENT_SENDER_BACKLOG_BYTES / 1008);
    for (unsigned i = first + 1; i < sent; i++) assert_int_equal(number(data, recv(in, data, sizeof data, 0)), i);
    event_sender_close(&sender, 0);
    close(in);
}

struct load {
    event_sender *sender;
    unsigned sent;
};

static void *send_many(void *data)
{
    struct load *load = data;
    for (unsigned i = 0; i < 20000; i++) load->sent += send_number(load->sender, i) == SENDER_SENT;
    return NULL;
}

static void many_threads_share_one_sender(void **state)
{
    (void)state;
    char data[1001];
    event_sender sender;
    const int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    pthread_t threads[4];
    struct load loads[4];
    for (int i = 0; i < 4; i++) {
        loads[i] = (struct load){&sender, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &loads[i]), 0);
    }
    struct timeval patience = {.tv_sec = 1};
    setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    unsigned received = 0, sent = 0;
    while (recv(in, data, sizeof data, 0) == 1000) received++;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        sent += loads[i].sent;
    }
    assert_int_equal(received, sent);
    assert_int_equal(event_sender_close(&sender, 0), 0);
    close(in);
}

static void refuses_what_the_send_buffer_cannot_hold(void **state)
{
    (void)state;
    static char data[65536];
    event_sender sender;
    const int in = receiver(), smallest = 1;
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    assert_int_equal(setsockopt(sender.descriptor, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest), 0);
    assert_int_equal(event_sender_send(&sender, data, sizeof data, SECOND), SENDER_TOO_LARGE);
    assert_int_equal(event_sender_send(&sender, data, 100, SECOND), SENDER_SENT);
    event_sender_close(&sender, 0);
    close(in);
}

static void has_room_for_a_full_queue_of_events(void **state)
{
    (void)state;
    long allowed = 0;
    FILE *limit = fopen("/proc/sys/net/core/wmem_max", "r");
    assert_non_null(limit);
    assert_int_equal(fscanf(limit, "%ld", &allowed), 1);
    fclose(limit);
    event_sender sender;
    assert_true(event_sender_open(&sender, path, SECOND, 0));
    int bytes = 0;
    socklen_t length = sizeof bytes;
    assert_int_equal(getsockopt(sender.descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, &length), 0);
    /* The system doubles what is asked for, to have room for its own records. */
    assert_true(bytes >= 2 * (allowed < (1 << 20) ? allowed : 1 << 20));
    event_sender_close(&sender, 0);
}

static void refuses_a_path_that_is_too_long(void **state)
{
    (void)state;
    event_sender sender;
    char name[200];
    memset(name, 'a', sizeof name);
    name[0] = '/';
    name[108] = '\0';
    assert_false(event_sender_open(&sender, name, SECOND, 0));
    assert_int_equal(errno, ENAMETOOLONG);
    event_sender_close(&sender, 0);
    name[107] = '\0';
    assert_true(event_sender_open(&sender, name, SECOND, 0));
    event_sender_close(&sender, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers),
        cmocka_unit_test(waits_between_attempts_and_recovers),
        cmocka_unit_test(finds_a_replaced_receiver_at_once),
        cmocka_unit_test(finds_a_new_receiver_while_the_old_one_lives),
        cmocka_unit_test(says_why_nobody_receives),
        cmocka_unit_test(does_not_wait_for_a_full_queue),
        cmocka_unit_test(delivers_the_backlog_in_order_without_further_requests),
        cmocka_unit_test(keeps_the_backlog_for_the_next_receiver),
        cmocka_unit_test(many_threads_share_one_sender),
        cmocka_unit_test(refuses_what_the_send_buffer_cannot_hold),
        cmocka_unit_test(has_room_for_a_full_queue_of_events),
        cmocka_unit_test(refuses_a_path_that_is_too_long),
    };
    return cmocka_run_group_tests_name("event_sender", tests, make_folder, remove_folder);
}
