#include "cmocka_setup.h"
#include "hpack_huffman.h"
#include "octets.h"

#include <stdlib.h>
#include <string.h>

static char text[512];
static hpack_huffman huffman;

static huffman_result decode(const uint8_t *data, size_t length, size_t portion)
{
    huffman_start(&huffman);
    for (size_t at = 0; at < length; at += portion) {
        const size_t part = at + portion < length ? portion : length - at;
        const huffman_result result = huffman_feed(&huffman, data + at, part, text, sizeof text);
        if (result != HUFFMAN_OK) return result;
    }
    return huffman_end(&huffman, text, sizeof text);
}

static void decodes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t portion = 1; portion < 20; portion++) {
        assert_int_equal(decode(OCTETS("\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), portion), HUFFMAN_OK);
        assert_int_equal(huffman.decoded, 15);
        assert_memory_equal(text, "www.example.com", 15); /* C.4.1 */
        assert_int_equal(decode(OCTETS("\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff"),
                             portion), HUFFMAN_OK);
        assert_memory_equal(text, "Mon, 21 Oct 2013 20:13:21 GMT", 29); /* C.6.1 */
    }
    assert_int_equal(decode(OCTETS(""), 1), HUFFMAN_OK);
    assert_int_equal(huffman.decoded, 0);
}

static void decodes_every_printable_character(void **state)
{
    (void)state;
    /* Made by python-hpack 4.0 of ASCII 32 to 126. */
    assert_int_equal(decode(OCTETS("\x53\xf8\xfe\x7f\xeb\xff\x2a\xfc\x7f\xaf\xeb\xfb\xf9\xff\x7f\x4b\x2e\xc0\x02\x26\x5a\x6d"
        "\xc7\x5e\x7e\xe7\xdf\xff\xc8\x3f\xef\xfc\xff\xd4\x37\x6f\x5f\xc1\x87\x16\x3c\x99\x73\x67\xd1\xa7\x56\xbd\x9b\x77\x6f"
        "\xe1\xc7\x97\xe7\x3f\xdf\xfd\xff\xff\x0f\xfe\x7f\xf9\x17\xff\xd1\xc6\x49\x0b\x2c\xd3\x9b\xa7\x5a\x29\xa8\xf5\xf6\xb1"
        "\x09\xb7\xbf\x8f\x3e\xbd\xff\xfe\xff\x9f\xfe\xff\xf7"), 3), HUFFMAN_OK);
    assert_int_equal(huffman.decoded, 95);
    for (int i = 0; i < 95; i++) assert_int_equal(text[i], 32 + i);
}

static void refuses_what_is_no_padding(void **state)
{
    (void)state;
    assert_int_equal(decode(OCTETS("\x1f"), 1), HUFFMAN_OK);                   /* a, 111 */
    assert_int_equal(decode(OCTETS("\x1e"), 1), HUFFMAN_PADDING);              /* a, 110 */
    assert_int_equal(decode(OCTETS("\x1f\xff"), 1), HUFFMAN_PADDING);          /* more than seven bits */
    assert_int_equal(decode(OCTETS("\xff"), 1), HUFFMAN_PADDING);
    assert_int_equal(decode(OCTETS("\xff\xff\xff\xff"), 1), HUFFMAN_EOS);      /* 30 ones */
    assert_int_equal(decode(OCTETS("\x1f\xff\xff\xff\xf8"), 2), HUFFMAN_EOS);
}

static void counts_what_it_does_not_keep(void **state)
{
    (void)state;
    memset(text, '#', sizeof text);
    huffman_start(&huffman);
    assert_int_equal(huffman_feed(&huffman, OCTETS("\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), text, 4), HUFFMAN_OK);
    assert_int_equal(huffman_end(&huffman, text, 4), HUFFMAN_OK);
    assert_int_equal(huffman.decoded, 15);
    assert_memory_equal(text, "www.##", 6);
}

static void is_the_same_in_any_portions(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < 100000; round++) {
        uint8_t data[24];
        const size_t length = (size_t)rand() % sizeof data;
        for (size_t i = 0; i < length; i++) data[i] = rand() % 3 ? 0xff : (uint8_t)rand();
        const huffman_result whole = decode(data, length, sizeof data);
        const size_t decoded = huffman.decoded;
        assert_true(whole != HUFFMAN_OK || decoded <= 8 * length / 5);
        assert_int_equal(decode(data, length, 1 + (size_t)rand() % 5), whole);
        assert_int_equal(huffman.decoded, decoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_the_examples_of_the_rfc),
        cmocka_unit_test(decodes_every_printable_character),
        cmocka_unit_test(refuses_what_is_no_padding),
        cmocka_unit_test(counts_what_it_does_not_keep),
        cmocka_unit_test(is_the_same_in_any_portions),
    };
    return cmocka_run_group_tests_name("hpack_huffman", tests, NULL, NULL);
}
