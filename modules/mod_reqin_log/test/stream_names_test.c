#include "cmocka_setup.h"
#include "stream_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static stream_names table;

static bool put(uint32_t stream, const char *text) { return stream_names_put(&table, stream, text, strlen(text), false); }

static void assert_taken(uint32_t stream, const char *expected)
{
    size_t length;
    bool cut;
    const char *text = stream_names_take(&table, stream, &length, &cut);
    if (expected == NULL) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
    assert_false(cut);
}

static void gives_each_stream_its_list_once(void **state)
{
    (void)state;
    stream_names_start(&table);
    assert_true(put(1, "a,b"));
    assert_true(put(3, "a,b"));
    assert_true(put(5, ""));
    assert_true(put(7, "b,a"));
    assert_taken(7, "b,a");
    assert_taken(3, "a,b");
    assert_taken(3, NULL);
    assert_taken(1, "a,b");
    assert_taken(5, "");
    assert_taken(9, NULL);
    assert_taken(0, NULL);
    stream_names_free(&table);
}

static void keeps_equal_lists_once(void **state)
{
    (void)state;
    stream_names_start(&table);
    for (uint32_t stream = 1; stream < 20001; stream += 2) {
        assert_true(put(stream, stream % 4 == 1 ? "host,user-agent" : "host,accept"));
        if (stream > 20) assert_taken(stream - 20, (stream - 20) % 4 == 1 ? "host,user-agent" : "host,accept");
    }
    assert_int_equal(table.bytes, strlen("host,user-agent") + strlen("host,accept"));
    stream_names_free(&table);
}

static void tells_a_cut_list_from_a_whole_one(void **state)
{
    (void)state;
    size_t length;
    bool cut;
    stream_names_start(&table);
    stream_names_put(&table, 1, "a", 1, true);
    put(3, "a");
    assert_taken(3, "a");
    assert_non_null(stream_names_take(&table, 1, &length, &cut));
    assert_true(cut);
    stream_names_free(&table);
}

static void forgets_streams_that_are_given_up(void **state)
{
    (void)state;
    stream_names_start(&table);
    put(1, "a");
    put(3, "b");
    stream_names_drop(&table, 1);
    stream_names_drop(&table, 1);
    stream_names_drop(&table, 5);
    stream_names_drop(&table, 0);
    assert_taken(1, NULL);
    assert_taken(3, "b");
    stream_names_free(&table);
}

static void prefers_newer_streams(void **state)
{
    (void)state;
    stream_names_start(&table);
    put(1, "old");
    put(1 + 2 * STREAM_NAMES_SLOTS, "new");
    assert_taken(1, NULL);
    assert_taken(1 + 2 * STREAM_NAMES_SLOTS, "new");
    stream_names_free(&table);
}

/* Whatever happens, a list that is given is the stream's own. */
static void is_bounded_and_never_wrong(void **state)
{
    (void)state;
    srand(6);
    stream_names_start(&table);
    uint32_t stream = 1;
    size_t given = 0;
    for (int i = 0; i < 300000; i++) {
        char text[2100];
        const int kind = rand() % 100;
        if (kind < 25) {
            stream += 2 * (1 + (uint32_t)(rand() % 200 == 0 ? rand() % 300 : 0));
            const int length = snprintf(text, sizeof text, "%u:%0*u", stream, rand() % 40 ? 1 : rand() % 1000, 7);
            stream_names_put(&table, stream, text, (size_t)length, false);
        } else {
            const uint32_t some = stream - 2 * ((uint32_t)rand() % 200);
            if (kind < 45) {
                stream_names_drop(&table, some);
                continue;
            }
            size_t length;
            bool cut;
            const char *own = stream_names_take(&table, some, &length, &cut);
            if (own == NULL) continue;
            const int prefix = snprintf(text, sizeof text, "%u:", some);
            assert_true(length > (size_t)prefix);
            assert_memory_equal(own, text, (size_t)prefix);
            given++;
        }
        assert_true(table.bytes <= STREAM_NAMES_BYTES);
    }
    assert_true(given > 20000);
    stream_names_free(&table);
    assert_int_equal(table.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_stream_its_list_once),
        cmocka_unit_test(keeps_equal_lists_once),
        cmocka_unit_test(tells_a_cut_list_from_a_whole_one),
        cmocka_unit_test(forgets_streams_that_are_given_up),
        cmocka_unit_test(prefers_newer_streams),
        cmocka_unit_test(is_bounded_and_never_wrong),
    };
    return cmocka_run_group_tests_name("stream_names", tests, NULL, NULL);
}
