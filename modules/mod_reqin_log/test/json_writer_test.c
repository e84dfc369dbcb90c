#include "cmocka_setup.h"
#include "json_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[256];

static const char *written(const char *value, size_t length)
{
    json_writer json;
    json_open(&json, buffer, sizeof buffer);
    json_text(&json, "v", value, length);
    buffer[json_close(&json)] = '\0';
    return buffer;
}
#define WRITTEN(literal) written(literal, sizeof(literal) - 1)

static void writes_an_object(void **state)
{
    (void)state;
    json_writer json;
    json_open(&json, buffer, sizeof buffer);
    json_unsigned(&json, "timestamp", UINT64_C(1795160669011930000));
    json_text(&json, "host", "shop.example", 12);
    json_milliseconds(&json, "duration_ms", 12005);
    buffer[json_close(&json)] = '\0';
    assert_string_equal(buffer, "{\"timestamp\":1795160669011930000,\"host\":\"shop.example\",\"duration_ms\":12.005}");
    json_open(&json, buffer, sizeof buffer);
    assert_int_equal(json_close(&json), 2);
}

static void escapes_what_json_demands(void **state)
{
    (void)state;
    assert_string_equal(WRITTEN("a\"b\\c\n\0\x7f"), "{\"v\":\"a\\\"b\\\\c\\u000a\\u0000\\u007f\"}");
}

static void finds_each_octet_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned octet = 0; octet < 256; octet++) {
        for (size_t place = 0; place < 20; place++) {
            char value[20], expected[64];
            memset(value, 'a', sizeof value);
            value[place] = (char)octet;
            char escaped[8] = {(char)octet, '\0'};
            if (octet == '"' || octet == '\\') snprintf(escaped, sizeof escaped, "\\%c", octet);
            else if (octet < 0x20 || octet >= 0x7f) snprintf(escaped, sizeof escaped, "\\u%04x", octet);
            snprintf(expected, sizeof expected, "{\"v\":\"%.*s%s%.*s\"}", (int)place, "aaaaaaaaaaaaaaaaaaaa", escaped,
                (int)(19 - place), "aaaaaaaaaaaaaaaaaaaa");
            assert_string_equal(written(value, sizeof value), expected);
        }
    }
}

static void keeps_utf8_and_reads_other_bytes_as_latin1(void **state)
{
    (void)state;
    assert_string_equal(WRITTEN("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "{\"v\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}");
    assert_string_equal(WRITTEN("caf\xe9"), "{\"v\":\"caf\\u00e9\"}");
    assert_string_equal(WRITTEN("\xc0\xaf"), "{\"v\":\"\\u00c0\\u00af\"}");             /* overlong */
    assert_string_equal(WRITTEN("\xed\xa0\x80"), "{\"v\":\"\\u00ed\\u00a0\\u0080\"}");   /* surrogate */
    assert_string_equal(WRITTEN("\xf4\x90\x80\x80"), "{\"v\":\"\\u00f4\\u0090\\u0080\\u0080\"}"); /* beyond U+10FFFF */
    assert_string_equal(WRITTEN("\xe2\x82"), "{\"v\":\"\\u00e2\\u0082\"}");
}

static void leaves_out_whole_fields_that_do_not_fit(void **state)
{
    (void)state;
    json_writer json;
    char small[24];
    json_open(&json, small, sizeof small);
    json_text(&json, "long", "0123456789012345", 16);
    json_unsigned(&json, "n", 1);
    json_text(&json, "c", "\x01\x02", 2);
    json_unsigned(&json, "m", 2);
    assert_int_equal(json.omitted, 2);
    const size_t length = json_close(&json);
    assert_int_equal(length, 13);
    assert_memory_equal(small, "{\"n\":1,\"m\":2}", 13);
    json_open(&json, small, 2);
    json_unsigned(&json, "n", 1);
    assert_int_equal(json_close(&json), 2);
}

static void cuts_between_characters(void **state)
{
    (void)state;
    assert_int_equal(json_text_cut("abc", 3, 5), 3);
    assert_int_equal(json_text_cut("abcdef", 6, 3), 3);
    assert_int_equal(json_text_cut("ab\xc3\xa9z", 5, 3), 2);
    assert_int_equal(json_text_cut("ab\xc3\xa9z", 5, 4), 4);
    assert_int_equal(json_text_cut("\xf0\x9f\x98\x80z", 5, 3), 0);
    assert_int_equal(json_text_cut("\x80\x80\x80\x80\x80", 5, 4), 4);
    assert_int_equal(json_text_cut("\x80\x80", 2, 1), 1);
}

/* Every byte of the result is printable ASCII or part of well-formed UTF-8, and quotes are balanced. */
static void any_bytes_stay_one_string(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 200000; round++) {
        char value[24], out[200];
        const size_t length = (size_t)rand() % sizeof value;
        for (size_t i = 0; i < length; i++) value[i] = (char)rand();
        json_writer json;
        json_open(&json, out, 8 + (size_t)rand() % 190);
        json_text(&json, "v", value, length);
        const size_t end = json_close(&json);
        assert_true(end <= json.capacity);
        assert_int_equal(out[end - 1], '}');
        unsigned quotes = 0;
        for (size_t i = 0; i < end; i++) {
            if (out[i] == '\\') i++;
            else if (out[i] == '"') quotes++;
            assert_true((unsigned char)out[i] >= 0x20);
        }
        assert_true(quotes == (json.omitted ? 0 : 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_an_object),
        cmocka_unit_test(escapes_what_json_demands),
        cmocka_unit_test(finds_each_octet_wherever_it_stands),
        cmocka_unit_test(keeps_utf8_and_reads_other_bytes_as_latin1),
        cmocka_unit_test(leaves_out_whole_fields_that_do_not_fit),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(any_bytes_stay_one_string),
    };
    return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
