/* Blocks marked "independent" were made by python-hpack 4.0. */
#include "cmocka_setup.h"
#include "hpack_reader.h"
#include "octets.h"
#include "trace.h"

#include <stdlib.h>

static hpack_reader reader;
static trace names;

static void note(void *context, hpack_name name)
{
    trace *to = context;
    if (to->length > 0) trace_add(to, ",", 1);
    trace_add(to, name.text ? name.text : "(long)", name.text ? name.length : 6);
}

static hpack_result read_block(const uint8_t *block, size_t length, size_t portion)
{
    names.length = 0;
    names.text[0] = '\0';
    for (size_t at = 0; at < length; at += portion)
        hpack_reader_feed(&reader, block + at, at + portion < length ? portion : length - at, note, &names);
    return hpack_reader_end_block(&reader);
}

static void assert_block(const uint8_t *block, size_t length, const char *expected)
{
    assert_int_equal(read_block(block, length, length), HPACK_OK);
    assert_string_equal(names.text, expected);
}

static void assert_fails(const uint8_t *block, size_t length, hpack_result reason)
{
    hpack_reader_start(&reader);
    assert_int_equal(read_block(block, length, 1), reason);
    assert_int_equal(read_block(OCTETS("\x82"), 1), reason); /* and stays broken */
    hpack_reader_free(&reader);
}

static void reads_the_examples_of_the_rfc(void **state)
{
    (void)state;
    hpack_reader_start(&reader); /* C.3 */
    assert_block(OCTETS("\x82\x86\x84\x41\x0f" "www.example.com"), ":method,:scheme,:path,:authority");
    assert_block(OCTETS("\x82\x86\x84\xbe\x58\x08" "no-cache"), ":method,:scheme,:path,:authority,cache-control");
    assert_block(OCTETS("\x82\x87\x85\xbf\x40\x0a" "custom-key" "\x0c" "custom-value"),
        ":method,:scheme,:path,:authority,custom-key");
    assert_int_equal(reader.table.size, 164);
    hpack_reader_free(&reader);
    hpack_reader_start(&reader); /* C.4 */
    assert_block(OCTETS("\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
        ":method,:scheme,:path,:authority");
    assert_block(OCTETS("\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf"),
        ":method,:scheme,:path,:authority,cache-control");
    assert_block(OCTETS("\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf"),
        ":method,:scheme,:path,:authority,custom-key");
    assert_int_equal(reader.table.size, 164);
    hpack_reader_free(&reader);
    hpack_reader_start(&reader); /* C.2.1 to C.2.3 */
    assert_block(OCTETS("\x40\x0a" "custom-key" "\x0d" "custom-header"), "custom-key");
    assert_block(OCTETS("\x04\x0c" "/sample/path"), ":path");
    assert_block(OCTETS("\x10\x08" "password" "\x06" "secret"), "password");
    assert_int_equal(reader.table.size, 55);
    hpack_reader_free(&reader);
}

static void remembers_names_from_block_to_block(void **state)
{
    (void)state;
    hpack_reader_start(&reader); /* independent */
    assert_block(OCTETS("\x82\x84\x86\x41\x01\x78\x40\x05\x78\x2d\x6f\x64\x64\x01\x31\x7e\x01\x32\x40\x07\x78\x2d\x6f\x74"
        "\x68\x65\x72\x01\x33\xc0"), ":method,:path,:scheme,:authority,x-odd,x-odd,x-other,x-odd");
    assert_block(OCTETS("\xbe\xbf\xc0\xc1"), "x-other,x-odd,x-odd,:authority");
    assert_block(OCTETS("\x20\x3f\xe1\x1f\x82"), ":method"); /* a table of 0 octets, then of 4,096 again */
    assert_int_equal(read_block(OCTETS("\xbe"), 1), HPACK_INDEX_OUT_OF_RANGE);
    hpack_reader_free(&reader);
}

static void follows_the_table_over_long_names(void **state)
{
    (void)state;
    uint8_t block[700] = "\x40\x7f\xd5\x03"; /* a name of 596 octets */
    memset(block + 4, 'n', 596);
    block[600] = 0;
    hpack_reader_start(&reader);
    assert_int_equal(read_block(block, 601, 7), HPACK_OK);
    assert_string_equal(names.text, "(long)");
    assert_int_equal(reader.table.size, 628);
    assert_block(OCTETS("\x40\x01" "a" "\0"), "a");
    assert_block(OCTETS("\xbf\xbe\x7f\x00\x01" "v"), "(long),a,(long)");
    assert_int_equal(reader.table.size, 628 + 33 + 629);
    hpack_reader_free(&reader);
}

static void refuses_what_the_rfc_refuses(void **state)
{
    (void)state;
    assert_fails(OCTETS("\x80"), HPACK_INDEX_ZERO);
    assert_fails(OCTETS("\xbe"), HPACK_INDEX_OUT_OF_RANGE);
    assert_fails(OCTETS("\x7f\x00\x00"), HPACK_INDEX_OUT_OF_RANGE);
    assert_fails(OCTETS("\x82\x40"), HPACK_TRUNCATED);
    assert_fails(OCTETS("\x40\x0a" "abc"), HPACK_TRUNCATED);
    assert_fails(OCTETS("\xff\xff\xff"), HPACK_TRUNCATED);
    assert_fails(OCTETS("\xff\xff\xff\xff\xff\xff\xff"), HPACK_INTEGER_TOO_LARGE);
    assert_fails(OCTETS("\x40\x7f\x82\xff\xff\x07"), HPACK_INTEGER_TOO_LARGE);
    assert_fails(OCTETS("\xff\x80\x80\x80\x80\x00"), HPACK_INTEGER_TOO_LARGE); /* needless octets */
    assert_fails(OCTETS("\x3f\xe2\x1f"), HPACK_TABLE_SIZE_TOO_LARGE);
    assert_fails(OCTETS("\x82\x20"), HPACK_TABLE_SIZE_LATE);
    assert_fails(OCTETS("\x40\x84\xff\xff\xff\xff\x00"), HPACK_HUFFMAN_EOS);
    assert_fails(OCTETS("\x41\x81\x1e"), HPACK_HUFFMAN_PADDING); /* in a value */
    assert_fails(OCTETS("\x40\x82\x1f\xff\x00"), HPACK_HUFFMAN_PADDING);
}

static void is_the_same_in_any_portions(void **state)
{
    (void)state;
    static trace whole;
    srand(7);
    for (int round = 0; round < 60000; round++) {
        uint8_t block[96];
        const size_t length = 1 + (size_t)rand() % (sizeof block - 1);
        for (size_t i = 0; i < length; i++) block[i] = (uint8_t)(rand() % 2 ? rand() : rand() % 8);
        hpack_reader_start(&reader);
        read_block(OCTETS("\x40\x03" "x-a" "\x01" "1" "\x40\x03" "x-b" "\x01" "2"), 1);
        const hpack_result result = read_block(block, length, length);
        whole.length = 0;
        trace_add(&whole, names.text, names.length);
        const size_t size = reader.table.size;
        hpack_reader_free(&reader);
        hpack_reader_start(&reader);
        read_block(OCTETS("\x40\x03" "x-a" "\x01" "1" "\x40\x03" "x-b" "\x01" "2"), 3);
        assert_int_equal(read_block(block, length, 1 + (size_t)rand() % 9), result);
        assert_int_equal(reader.table.size, size);
        assert_string_equal(names.text, whole.text);
        assert_true(reader.table.size <= HPACK_TABLE_SIZE);
        hpack_reader_free(&reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_examples_of_the_rfc),
        cmocka_unit_test(remembers_names_from_block_to_block),
        cmocka_unit_test(follows_the_table_over_long_names),
        cmocka_unit_test(refuses_what_the_rfc_refuses),
        cmocka_unit_test(is_the_same_in_any_portions),
    };
    return cmocka_run_group_tests_name("hpack_reader", tests, NULL, NULL);
}
