#include "cmocka_setup.h"
#include "h1_head.h"

#include <stdlib.h>
#include <string.h>

static h1_head head;

static void feed(const char *data, size_t portion)
{
    const size_t length = strlen(data);
    h1_head_start(&head);
    for (size_t at = 0; at < length; at += portion)
        h1_head_feed(&head, data + at, at + portion < length ? portion : length - at);
}

static void assert_names(const char *expected)
{
    assert_int_equal(head.names.length, strlen(expected));
    assert_memory_equal(head.names.text, expected, head.names.length);
}

static void reads_names_in_order_and_case_of_the_wire(void **state)
{
    (void)state;
    feed("GET / HTTP/1.1\r\nhost: a\r\nX-Odd: 1:2\r\nAccept:\r\nX-Odd: 3\r\n\r\nPOST: no\r\n", 1000);
    assert_true(head.done);
    assert_names("host,X-Odd,Accept,X-Odd");
}

static void does_not_care_how_octets_arrive(void **state)
{
    (void)state;
    const char *text = "\r\nGET / HTTP/1.1\nHost: a\r\nFolded: 1\r\n and: more\r\nX: \r\nno colon\r\n\r\nbody: 1\r\n";
    for (size_t portion = 1; portion < strlen(text); portion++) {
        feed(text, portion);
        assert_true(head.done);
        assert_names("Host,Folded,X,no%20colon%0D");
    }
}

static void knows_when_the_head_is_not_over(void **state)
{
    (void)state;
    feed("GET / HTTP/1.1\r\nHost: a\r\nUser-Ag", 1000);
    assert_false(head.done);
    assert_true(head.names.open);
    header_names_end(&head.names);
    assert_names("Host,User-Ag");
}

static void is_bounded_by_any_bytes(void **state)
{
    (void)state;
    static char text[6000];
    const char likely[] = "\r\n:: \tabc,";
    srand(9);
    for (int round = 0; round < 3000; round++) {
        const size_t length = (size_t)rand() % sizeof text;
        for (size_t i = 0; i < length; i++) text[i] = rand() % 4 ? likely[rand() % 10] : (char)rand();
        h1_head_start(&head);
        for (size_t at = 0; at < length;) {
            const size_t portion = 1 + (size_t)rand() % 50, part = portion < length - at ? portion : length - at;
            h1_head_feed(&head, text + at, part);
            at += part;
            assert_true(head.names.length <= HEADER_NAMES_MAX);
        }
        const h1_head portions = head;
        h1_head_start(&head);
        h1_head_feed(&head, text, length);
        assert_int_equal(head.done, portions.done);
        assert_int_equal(head.names.length, portions.names.length);
        assert_memory_equal(head.names.text, portions.names.text, head.names.length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_in_order_and_case_of_the_wire),
        cmocka_unit_test(does_not_care_how_octets_arrive),
        cmocka_unit_test(knows_when_the_head_is_not_over),
        cmocka_unit_test(is_bounded_by_any_bytes),
    };
    return cmocka_run_group_tests_name("h1_head", tests, NULL, NULL);
}
