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
    event_sender_close(&sender);
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
    event_sender_close(&sender);
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
    event_sender_close(&sender);
    close(in);
}

static void does_not_wait_for_a_full_queue(void **state)
{
    (void)state;
    event_sender sender;
    const int in = receiver();
    assert_true(event_sender_open(&sender, path, 10 * SECOND, 0));
    sender_outcome outcome = SENDER_SENT;
    for (int i = 0; i < 100000 && outcome == SENDER_SENT; i++) outcome = event_sender_send(&sender, "x", 1, SECOND);
    assert_int_equal(outcome, SENDER_FULL);
    char data[4];
    assert_int_equal(recv(in, data, sizeof data, 0), 1);
    assert_int_equal(event_sender_send(&sender, "y", 1, SECOND), SENDER_SENT);
    event_sender_close(&sender);
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
    event_sender_close(&sender);
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
    event_sender_close(&sender);
    name[107] = '\0';
    assert_true(event_sender_open(&sender, name, SECOND, 0));
    event_sender_close(&sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers),
        cmocka_unit_test(waits_between_attempts_and_recovers),
        cmocka_unit_test(finds_a_replaced_receiver_at_once),
        cmocka_unit_test(does_not_wait_for_a_full_queue),
        cmocka_unit_test(has_room_for_a_full_queue_of_events),
        cmocka_unit_test(refuses_a_path_that_is_too_long),
    };
    return cmocka_run_group_tests_name("event_sender", tests, make_folder, remove_folder);
}
