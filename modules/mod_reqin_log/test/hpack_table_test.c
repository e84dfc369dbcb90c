#include "cmocka_setup.h"
#include "hpack_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hpack_table table;

static void insert(const char *name, size_t value_length)
{
    hpack_table_insert(&table, 0, (hpack_name){name, strlen(name)}, value_length);
}

static void assert_name(size_t index, const char *expected)
{
    hpack_name name;
    assert_true(hpack_table_name(&table, index, &name));
    assert_int_equal(name.length, strlen(expected));
    assert_memory_equal(name.text, expected, name.length);
}

static void has_the_static_table(void **state)
{
    (void)state;
    hpack_name name;
    hpack_table_start(&table);
    assert_name(1, ":authority");
    assert_name(2, ":method");
    assert_name(61, "www-authenticate");
    assert_false(hpack_table_name(&table, 0, &name));
    assert_false(hpack_table_name(&table, 62, &name));
    hpack_table_free(&table);
}

static void has_the_newest_entry_first(void **state)
{
    (void)state;
    hpack_table_start(&table);
    insert("first", 0);
    insert("", 3);
    hpack_table_insert(&table, 58, (hpack_name){"user-agent", 10}, 7);
    hpack_table_insert(&table, 64, (hpack_name){"first", 5}, 1);
    assert_name(62, "first");
    assert_name(63, "user-agent");
    assert_name(64, "");
    assert_name(65, "first");
    assert_int_equal(table.size, 4 * 32 + 5 + 3 + 17 + 6);
    hpack_table_free(&table);
}

static void evicts_the_oldest(void **state)
{
    (void)state;
    hpack_name name;
    hpack_table_start(&table);
    insert("a", 1967);
    insert("b", 2063);
    assert_int_equal(table.size, 4096);
    insert("c", 0);
    assert_int_equal(table.count, 2);
    assert_name(63, "b");
    hpack_table_set_limit(&table, 33);
    assert_name(62, "c");
    assert_false(hpack_table_name(&table, 63, &name));
    insert("d", 1); /* larger than the table empties it */
    assert_int_equal(table.count, 0);
    hpack_table_set_limit(&table, 0);
    insert("", 0);
    assert_int_equal(table.count, 0);
    hpack_table_free(&table);
}

static void counts_names_that_it_does_not_keep(void **state)
{
    (void)state;
    hpack_name name;
    hpack_table_start(&table);
    hpack_table_insert(&table, 0, (hpack_name){NULL, 3000}, 10);
    assert_true(hpack_table_name(&table, 62, &name));
    assert_null(name.text);
    assert_int_equal(name.length, 3000);
    assert_int_equal(table.size, 3042);
    hpack_table_insert(&table, 0, (hpack_name){NULL, SIZE_MAX}, SIZE_MAX);
    assert_int_equal(table.count, 0);
    hpack_table_free(&table);
}

/* The same table, kept in the plainest way. */
static struct {
    char name[HPACK_NAME_MAX + 1];
    size_t size;
} plain[20000];
static size_t plain_first, plain_end;

static void plain_evict(size_t most)
{
    size_t size = 0;
    for (size_t i = plain_first; i < plain_end; i++) size += plain[i].size;
    while (plain_first < plain_end && size > most) size -= plain[plain_first++].size;
}

static void agrees_with_a_plain_table(void **state)
{
    (void)state;
    srand(4);
    for (int round = 0; round < 20; round++) {
        hpack_table_start(&table);
        plain_first = plain_end = 0;
        size_t limit = 4096;
        const size_t longest = round % 2 ? HPACK_NAME_MAX : 20;
        for (int i = 0; i < 10000; i++) {
            char name[HPACK_NAME_MAX + 1];
            size_t index = 0;
            const int action = rand() % 100;
            if (action == 0) {
                limit = rand() % 4 ? 4096 : (size_t)rand() % 4097;
                hpack_table_set_limit(&table, limit);
                plain_evict(limit);
                continue;
            }
            if (action < 20 && plain_first < plain_end) {
                const size_t age = (size_t)rand() % (plain_end - plain_first);
                index = 62 + age;
                strcpy(name, plain[plain_end - 1 - age].name);
            } else if (action < 40) {
                index = 15 + (size_t)rand() % 47;
                hpack_name known;
                assert_true(hpack_table_name(&table, index, &known));
                strcpy(name, known.text);
            } else {
                const size_t length = (size_t)rand() % (longest + 1);
                for (size_t k = 0; k < length; k++) name[k] = (char)('a' + rand() % 26);
                name[length] = '\0';
            }
            const size_t value_length = rand() % 50 ? (size_t)rand() % 60 : (size_t)rand() % 5000;
            const size_t size = strlen(name) + value_length + 32;
            hpack_table_insert(&table, index, (hpack_name){name, strlen(name)}, value_length);
            plain_evict(size > limit ? 0 : limit - size);
            if (size <= limit) {
                strcpy(plain[plain_end].name, name);
                plain[plain_end++].size = size;
            }
            assert_int_equal(table.count, plain_end - plain_first);
            assert_true(table.size <= limit);
            assert_true(table.names_capacity <= 2 * HPACK_TABLE_SIZE);
            for (size_t age = 0; age < table.count; age++) assert_name(62 + age, plain[plain_end - 1 - age].name);
        }
        hpack_table_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_static_table),
        cmocka_unit_test(has_the_newest_entry_first),
        cmocka_unit_test(evicts_the_oldest),
        cmocka_unit_test(counts_names_that_it_does_not_keep),
        cmocka_unit_test(agrees_with_a_plain_table),
    };
    return cmocka_run_group_tests_name("hpack_table", tests, NULL, NULL);
}
