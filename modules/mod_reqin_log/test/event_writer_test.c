#include "cmocka_setup.h"
#include "event_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[EVENT_BYTES_MAX + 1];
static event_writer event;

static const char *closed(void)
{
    buffer[event_writer_close(&event)] = '\0';
    return buffer;
}

static void says_nothing_about_whole_values(void **state)
{
    (void)state;
    event_writer_open(&event, buffer, EVENT_BYTES_MAX);
    event_text(&event, "path", "/", 10);
    event_text(&event, "absent", NULL, 10);
    assert_string_equal(closed(), "{\"path\":\"/\"}");
}

static void names_what_it_cut(void **state)
{
    (void)state;
    event_writer_open(&event, buffer, EVENT_BYTES_MAX);
    event_text(&event, "path", "0123456789", 4);
    event_text(&event, "query", "0123", 4);
    event_text(&event, "header_User-Agent", "ab\xc3\xa9z", 3);
    event_mark_cut(&event, "client_headers");
    event_mark_cut(&event, "client_headers");
    assert_string_equal(closed(), "{\"path\":\"0123\",\"query\":\"0123\",\"header_User-Agent\":\"ab\","
        "\"truncated\":\"path,header_User-Agent,client_headers\"}");
}

static void names_what_is_not_utf8(void **state)
{
    (void)state;
    event_writer_open(&event, buffer, EVENT_BYTES_MAX);
    event_text(&event, "path", "/caf\xe9", 10);
    event_text(&event, "query", "caf\xc3\xa9", 10);
    assert_string_equal(closed(), "{\"path\":\"/caf\\u00e9\",\"query\":\"caf\xc3\xa9\",\"invalid_utf8\":\"path\"}");
}

static void names_what_did_not_fit_at_all(void **state)
{
    (void)state;
    char value[200];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    event_writer_open(&event, buffer, EVENT_WRITER_LEAST + 100);
    event_text(&event, "a", value, 50);
    event_text(&event, "long", value, 150);
    event_text(&event, "b", "1", 1);
    assert_int_equal(event.json.omitted, 1);
    assert_non_null(strstr(closed(), "\",\"b\":\"1\",\"truncated\":\"a,long\"}"));
}

static void ends_a_long_list_with_a_star(void **state)
{
    (void)state;
    event_writer_open(&event, buffer, EVENT_WRITER_LEAST + 3);
    for (int i = 0; i < 500; i++) {
        char key[40];
        snprintf(key, sizeof key, "header_X-Number-%d", i);
        event_text(&event, key, "\xff\xff", 1);
    }
    const char *text = closed();
    assert_true(strlen(text) <= EVENT_WRITER_LEAST + 3);
    assert_memory_equal(text, "{\"truncated\":\"header_X-Number-0,header_X-Number-1,", 48);
    assert_string_equal(text + strlen(text) - 4, ",*\"}");
}

static void never_exceeds_its_size(void **state)
{
    (void)state;
    static char value[9000];
    srand(8);
    for (int round = 0; round < 300; round++) {
        const size_t size = EVENT_WRITER_LEAST + 3 + (size_t)rand() % (EVENT_BYTES_MAX - EVENT_WRITER_LEAST - 2);
        event_writer_open(&event, buffer, size);
        for (int i = 0; i < 100; i++) {
            char key[300];
            const size_t length = (size_t)rand() % sizeof value;
            for (size_t k = 0; k < length; k++) value[k] = (char)(1 + rand() % 255);
            value[length] = '\0';
            snprintf(key, sizeof key, "header_%0*d", 1 + rand() % 280, i);
            event_text(&event, key, value, (size_t)rand() % 8192);
        }
        const size_t length = event_writer_close(&event);
        assert_true(length <= size);
        assert_int_equal(buffer[length - 1], '}');
        assert_int_equal(buffer[length - 2], '"');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_nothing_about_whole_values),
        cmocka_unit_test(names_what_it_cut),
        cmocka_unit_test(names_what_is_not_utf8),
        cmocka_unit_test(names_what_did_not_fit_at_all),
        cmocka_unit_test(ends_a_long_list_with_a_star),
        cmocka_unit_test(never_exceeds_its_size),
    };
    return cmocka_run_group_tests_name("event_writer", tests, NULL, NULL);
}
