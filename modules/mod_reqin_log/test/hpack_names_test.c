/* Blocks marked "independent" were made by python-hpack 4.0. */
#include "cmocka_setup.h"
#include "hpack_names.h"
#include "octets.h"

#include <stdlib.h>
#include <string.h>

static void reads_the_examples_of_the_rfc(void **state)
{
    (void)state;
    hpack_names names;
    hpack_read_names(OCTETS("\x82\x86\x84\x41\x0f" "www.example.com"), &names); /* C.3.1 */
    assert_true(names.complete);
    assert_string_equal(names.pseudo_order, "m,s,p,a");
    assert_string_equal(names.names, "");
    hpack_read_names(OCTETS("\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), &names); /* C.4.1 */
    assert_true(names.complete);
    assert_string_equal(names.pseudo_order, "m,s,p,a");
    hpack_read_names(OCTETS("\x40\x0a" "custom-key" "\x0d" "custom-header"), &names); /* C.2.1 */
    assert_string_equal(names.names, "custom-key");
    hpack_read_names(OCTETS("\x10\x08" "password" "\x06" "secret"), &names); /* C.2.3 */
    assert_string_equal(names.names, "password");
}

static void counts_cookie_crumbs_once(void **state)
{
    (void)state;
    hpack_names names; /* independent, Huffman, as Chromium orders it */
    hpack_read_names(OCTETS("\x82\x41\x89\x44\xe7\xad\x72\xf9\x1d\x35\xd0\x5f\x87\x44\x8c\x62\xbb\x0f\x25\xa4\x4b\x01\x00\x97"
        "\x9d\x34\xd1\x40\x87\x41\x48\xb1\x27\x5a\xd1\xff\x90\xfe\x6f\x4f\x61\xe9\x35\xb4\xff\x3f\x7d\xe0\xfe\x42\xdb\x9f\xcf"
        "\x7a\x88\xd0\x7f\x66\xa2\x81\xb0\xda\xe0\x53\x87\x49\x7c\xa5\x89\xd3\x4d\x1f\x60\x82\x1c\x01\x60\x83\x8e\x01\x7f\x40"
        "\x86\xae\xc3\x1e\xc3\x27\xd7\x85\xb6\x00\x7d\x28\x6f"), &names);
    assert_true(names.complete);
    assert_string_equal(names.pseudo_order, "m,a,s,p");
    assert_string_equal(names.names, "sec-ch-ua,user-agent,accept,cookie,priority");
}

static void finds_names_in_the_dynamic_table(void **state)
{
    (void)state;
    hpack_names names; /* independent */
    hpack_read_names(OCTETS("\x82\x84\x86\x41\x01\x78\x40\x05\x78\x2d\x6f\x64\x64\x01\x31\x7e\x01\x32\x40\x07\x78\x2d\x6f\x74"
        "\x68\x65\x72\x01\x33\xc0"), &names);
    assert_true(names.complete);
    assert_string_equal(names.pseudo_order, "m,p,s,a");
    assert_string_equal(names.names, "x-odd,x-odd,x-other,x-odd");
}

static void decodes_every_printable_character(void **state)
{
    (void)state;
    hpack_names names;
    char expected[96];
    for (int i = 0; i < 95; i++) expected[i] = (char)(32 + i);
    expected[95] = '\0';
    /* Independent: a literal without indexing whose name is all of ASCII's printable characters. */
    hpack_read_names(OCTETS("\x00\xdd\x53\xf8\xfe\x7f\xeb\xff\x2a\xfc\x7f\xaf\xeb\xfb\xf9\xff\x7f\x4b\x2e\xc0\x02\x26\x5a\x6d"
        "\xc7\x5e\x7e\xe7\xdf\xff\xc8\x3f\xef\xfc\xff\xd4\x37\x6f\x5f\xc1\x87\x16\x3c\x99\x73\x67\xd1\xa7\x56\xbd\x9b\x77\x6f"
        "\xe1\xc7\x97\xe7\x3f\xdf\xfd\xff\xff\x0f\xfe\x7f\xf9\x17\xff\xd1\xc6\x49\x0b\x2c\xd3\x9b\xa7\x5a\x29\xa8\xf5\xf6\xb1"
        "\x09\xb7\xbf\x8f\x3e\xbd\xff\xfe\xff\x9f\xfe\xff\xf7\x00"), &names);
    assert_true(names.complete);
    assert_string_equal(names.names, expected);
}

static void keeps_what_came_before_an_error(void **state)
{
    (void)state;
    hpack_names names;
    hpack_read_names(OCTETS("\x82\x90\x80"), &names); /* index 0 is not allowed (6.1) */
    assert_false(names.complete);
    assert_string_equal(names.pseudo_order, "m");
    assert_string_equal(names.names, "accept-encoding");
    hpack_read_names(OCTETS("\x82\xff\xff\xff\xff\xff\xff\xff"), &names); /* endless integer */
    assert_false(names.complete);
    hpack_read_names(OCTETS("\x40\x81\xff\x01" "1"), &names); /* a whole octet of padding (5.2) */
    assert_false(names.complete);
    hpack_read_names(OCTETS("\x3f\xe2\x1f\x82"), &names); /* table larger than the default (4.2) */
    assert_false(names.complete);
}

static void is_bounded_by_any_bytes(void **state)
{
    (void)state;
    hpack_names names;
    srand(7);
    for (int round = 0; round < 200000; round++) {
        uint8_t block[96];
        const size_t length = (size_t)rand() % sizeof block;
        for (size_t i = 0; i < length; i++) block[i] = (uint8_t)rand();
        hpack_read_names(block, length, &names);
        assert_true(strlen(names.names) < sizeof names.names);
        assert_true(strlen(names.pseudo_order) < sizeof names.pseudo_order);
    }
    static uint8_t many[16384];
    memset(many, 0x90, sizeof many);
    hpack_read_names(many, sizeof many, &names);
    assert_false(names.complete);
    memset(many, 0x82, sizeof many);
    hpack_read_names(many, sizeof many, &names);
    assert_string_equal(names.pseudo_order, "m,m,m,m,m,m,m,m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_examples_of_the_rfc),
        cmocka_unit_test(counts_cookie_crumbs_once),
        cmocka_unit_test(finds_names_in_the_dynamic_table),
        cmocka_unit_test(decodes_every_printable_character),
        cmocka_unit_test(keeps_what_came_before_an_error),
        cmocka_unit_test(is_bounded_by_any_bytes),
    };
    return cmocka_run_group_tests_name("hpack_names", tests, NULL, NULL);
}
