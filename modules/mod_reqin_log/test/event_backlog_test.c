#include "cmocka_setup.h"
#include "event_backlog.h"

#include <stdlib.h>
#include <string.h>

static event_backlog backlog;

static void assert_first(const char *expected, size_t length)
{
    struct iovec parts[2];
    assert_int_equal(event_backlog_first(&backlog, parts), length);
    assert_int_equal(parts[0].iov_len + parts[1].iov_len, length);
    assert_memory_equal(parts[0].iov_base, expected, parts[0].iov_len);
    assert_memory_equal(parts[1].iov_base, expected + parts[0].iov_len, parts[1].iov_len);
}

static void is_first_in_first_out(void **state)
{
    (void)state;
    assert_true(event_backlog_open(&backlog, 100));
    assert_true(event_backlog_is_empty(&backlog));
    assert_true(event_backlog_put(&backlog, "one", 3));
    assert_true(event_backlog_put(&backlog, "", 0));
    assert_true(event_backlog_put(&backlog, "three", 5));
    assert_first("one", 3);
    event_backlog_remove_first(&backlog);
    assert_first("", 0);
    event_backlog_remove_first(&backlog);
    assert_first("three", 5);
    event_backlog_remove_first(&backlog);
    assert_true(event_backlog_is_empty(&backlog));
    event_backlog_close(&backlog);
}

static void takes_no_more_than_its_size(void **state)
{
    (void)state;
    char data[100] = {0};
    assert_true(event_backlog_open(&backlog, 97));
    assert_int_equal(backlog.capacity, 96);
    assert_false(event_backlog_put(&backlog, data, 97));
    assert_false(event_backlog_put(&backlog, data, 96));
    assert_true(event_backlog_put(&backlog, data, 85));
    assert_false(event_backlog_put(&backlog, data, 0));
    event_backlog_remove_first(&backlog);
    assert_true(event_backlog_put(&backlog, data, 1));
    event_backlog_close(&backlog);
}

static void keeps_data_around_the_rings_end(void **state)
{
    (void)state;
    char data[90];
    unsigned put = 0, taken = 0;
    srand(1);
    assert_true(event_backlog_open(&backlog, 257));
    for (int i = 0; i < 200000; i++) {
        if (rand() % 2) {
            const size_t length = (put * 7919u) % sizeof data;
            memset(data, (char)put, length);
            if (event_backlog_put(&backlog, data, length)) put++;
        } else if (taken < put) {
            memset(data, (char)taken, sizeof data);
            assert_first(data, (taken * 7919u) % sizeof data);
            event_backlog_remove_first(&backlog);
            taken++;
        }
        assert_int_equal(event_backlog_is_empty(&backlog), put == taken);
    }
    event_backlog_close(&backlog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_first_in_first_out),
        cmocka_unit_test(takes_no_more_than_its_size),
        cmocka_unit_test(keeps_data_around_the_rings_end),
    };
    return cmocka_run_group_tests_name("event_backlog", tests, NULL, NULL);
}
