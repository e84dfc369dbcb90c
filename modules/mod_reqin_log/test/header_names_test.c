#include "cmocka_setup.h"
#include "header_names.h"

#include <stdlib.h>
#include <string.h>

static header_names list;

static void assert_list(const char *expected)
{
    assert_int_equal(list.length, strlen(expected));
    assert_memory_equal(list.text, expected, list.length);
}

static void add(const char *name) { header_names_add(&list, name, strlen(name)); }

static void joins_names_in_order(void **state)
{
    (void)state;
    header_names_clear(&list);
    assert_list("");
    add("Host");
    add("X-a");
    add("X-a");
    assert_list("Host,X-a,X-a");
    assert_int_equal(list.names, 3);
    assert_false(list.cut);
}

static void shows_octets_that_no_name_may_hold(void **state)
{
    (void)state;
    header_names_clear(&list);
    add("a,b");
    add("c d");
    add("\xe9");
    header_names_add(&list, "n\0l", 3);
    assert_list("a%2Cb,c%20d,%E9,n%00l");
}

static void takes_names_in_portions(void **state)
{
    (void)state;
    header_names_clear(&list);
    header_names_begin(&list);
    header_names_put(&list, "Us", 2);
    header_names_put(&list, "", 0);
    header_names_put(&list, "er", 2);
    header_names_end(&list);
    add("b");
    assert_list("User,b");
}

static void ends_before_the_first_name_that_does_not_fit(void **state)
{
    (void)state;
    char name[100];
    memset(name, 'n', sizeof name);
    header_names_clear(&list);
    for (int i = 0; i < 30; i++) header_names_add(&list, name, sizeof name);
    assert_true(list.cut);
    assert_int_equal(list.names, HEADER_NAMES_MAX / 101);
    assert_int_equal(list.length, list.names * 101 - 1);
    add("b");
    assert_int_equal(list.length, list.names * 101 - 1);
    header_names_clear(&list);
    add("a");
    header_names_add(&list, NULL, 5000);
    add("b");
    assert_list("a");
    assert_true(list.cut);
}

static void knows_header_names(void **state)
{
    (void)state;
    assert_true(is_header_name("User-Agent"));
    assert_true(is_header_name("x!#$%&'*+-.^_`|~9"));
    assert_false(is_header_name(""));
    assert_false(is_header_name("a b"));
    assert_false(is_header_name("a:"));
    assert_false(is_header_name("\xc3\xa9"));
}

static void is_bounded_by_any_bytes(void **state)
{
    (void)state;
    srand(5);
    for (int round = 0; round < 3000; round++) {
        header_names_clear(&list);
        for (int i = 0; i < 60; i++) {
            char name[200];
            const size_t length = (size_t)rand() % sizeof name;
            for (size_t k = 0; k < length; k++) name[k] = (char)rand();
            header_names_add(&list, name, length);
            assert_true(list.length <= sizeof list.text);
        }
        size_t commas = 0;
        for (size_t i = 0; i < list.length; i++) commas += list.text[i] == ',';
        assert_true(list.names <= commas + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_names_in_order),
        cmocka_unit_test(shows_octets_that_no_name_may_hold),
        cmocka_unit_test(takes_names_in_portions),
        cmocka_unit_test(ends_before_the_first_name_that_does_not_fit),
        cmocka_unit_test(knows_header_names),
        cmocka_unit_test(is_bounded_by_any_bytes),
    };
    return cmocka_run_group_tests_name("header_names", tests, NULL, NULL);
}
