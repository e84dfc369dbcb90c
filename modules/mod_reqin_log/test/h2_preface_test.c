#include "cmocka_setup.h"
#include "h2_preface.h"
#include "octets.h"

#include <stdlib.h>
#include <string.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
/* Recorded from Chromium 156: SETTINGS 1:65536;2:0;4:6291456;6:262144, WINDOW_UPDATE 15663105. */
#define CHROMIUM_START PREFACE \
    "\0\0\x18\x04\0\0\0\0\0" "\0\x01\0\x01\0\0" "\0\x02\0\0\0\0" "\0\x04\0\x60\0\0" "\0\x06\0\x04\0\0" \
    "\0\0\x04\x08\0\0\0\0\0" "\0\xef\0\x01"
/* HEADERS on stream 1, END_STREAM | END_HEADERS | PRIORITY: exclusive, weight 256, then :method :authority :scheme :path */
#define CHROMIUM_HEADERS "\0\0\x0b\x01\x25\0\0\0\x01" "\x80\0\0\0\xff" "\x82\x41\x01" "x" "\x87\x84"

static h2_preface preface;

static h2_preface_state feed(const uint8_t *data, size_t length)
{
    h2_preface_start(&preface);
    return h2_preface_feed(&preface, data, length);
}

static void assert_fingerprint(const char *expected)
{
    char text[H2_FINGERPRINT_TEXT];
    h2_fingerprint(&preface.client, text);
    assert_string_equal(text, expected);
}

static void reads_chromium(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS(CHROMIUM_START CHROMIUM_HEADERS)), H2_PREFACE_DONE);
    assert_fingerprint("1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p");
    assert_true(preface.client.has_priority);
    assert_true(preface.client.setting_seen[2]);
    assert_false(preface.client.setting_seen[3]);
    assert_int_equal(preface.client.setting[4], 6291456);
    assert_int_equal(preface.client.stream_id, 1);
}

static void does_not_care_how_octets_arrive(void **state)
{
    (void)state;
    const uint8_t flight[] = CHROMIUM_START CHROMIUM_HEADERS;
    const size_t length = sizeof flight - 1;
    for (size_t portion = 1; portion < length; portion++) {
        h2_preface_start(&preface);
        h2_preface_state last = H2_PREFACE_MORE;
        for (size_t at = 0; at < length; at += portion) {
            assert_int_equal(last, H2_PREFACE_MORE);
            last = h2_preface_feed(&preface, flight + at, at + portion < length ? portion : length - at);
        }
        assert_int_equal(last, H2_PREFACE_DONE);
        assert_fingerprint("1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p");
    }
}

static void reads_priority_frames(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\x06\x04\0\0\0\0\0" "\0\x03\0\0\0\x64"
        "\0\0\x05\x02\0\0\0\0\x03" "\0\0\0\0\xc8" "\0\0\x05\x02\0\0\0\0\x05" "\x80\0\0\x03\x64"
        "\0\0\x03\x01\x05\0\0\0\x0d" "\x82\x87\x84")), H2_PREFACE_DONE);
    assert_fingerprint("3:100|00|3:0:0:201,5:1:3:101|m,s,p");
    assert_true(preface.client.has_priority);
    assert_int_equal(preface.client.stream_id, 13);
}

static void joins_continuations_and_drops_padding(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\0\x04\0\0\0\0\0" "\0\0\x05\x01\x08\0\0\0\x01" "\x02" "\x82\x41" "\0\0"
        "\0\0\x02\x09\x04\0\0\0\x01" "\x01" "x")), H2_PREFACE_DONE);
    assert_fingerprint("|00|0|m,a");
    assert_true(preface.client.headers.complete);
}

static void only_the_first_settings_and_connection_window_count(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\x06\x04\0\0\0\0\0" "\0\x02\0\0\0\0" "\0\0\0\x04\x01\0\0\0\0"
        "\0\0\x06\x04\0\0\0\0\0" "\0\x03\0\0\0\x01" "\0\0\x04\x08\0\0\0\0\x01" "\0\0\0\x05" "\0\0\x04\x08\0\0\0\0\0"
        "\0\0\0\x07" "\0\0\x01\x01\x04\0\0\0\x01" "\x82")), H2_PREFACE_DONE);
    assert_fingerprint("2:0|7|0|m");
}

static void knows_http1(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS("GET / HTTP/1.1\r\n")), H2_PREFACE_NOT_H2);
    assert_int_equal(feed(OCTETS("POST /login HTTP/1.1\r\n")), H2_PREFACE_NOT_H2);
    assert_int_equal(feed(OCTETS("PRI * HTTP/2.0\r\n\r\nXX")), H2_PREFACE_NOT_H2);
    assert_int_equal(feed(OCTETS("")), H2_PREFACE_MORE);
}

static void gives_up_on_what_is_not_a_beginning(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\0\x01\x04\0\0\0\x01")), H2_PREFACE_BROKEN); /* no SETTINGS first */
    assert_int_equal(feed(OCTETS(PREFACE "\xff\xff\xff\x04\0\0\0\0\0")), H2_PREFACE_BROKEN); /* larger than allowed */
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\0\x04\0\0\0\0\0" "\0\0\0\x09\x04\0\0\0\x01")), H2_PREFACE_BROKEN);
    assert_int_equal(feed(OCTETS(PREFACE "\0\0\0\x04\0\0\0\0\0" "\0\0\x01\x01\x0c\0\0\0\x01" "\x09")), H2_PREFACE_BROKEN);
    static uint8_t pings[24 + 9 + 100 * 17];
    memcpy(pings, PREFACE "\0\0\0\x04\0\0\0\0\0", 33);
    for (int i = 0; i < 100; i++) memcpy(pings + 33 + i * 17, "\0\0\x08\x06\0\0\0\0\0" "12345678", 17);
    assert_int_equal(feed(pings, sizeof pings), H2_PREFACE_BROKEN);
}

static void is_bounded_by_any_bytes(void **state)
{
    (void)state;
    char text[H2_FINGERPRINT_TEXT];
    static uint8_t flight[40000];
    srand(11);
    for (int round = 0; round < 20000; round++) {
        size_t length = 24;
        memcpy(flight, PREFACE, 24);
        /* Frames with plausible headers and random content, so that the reader gets far. */
        while (length < 3000) {
            const size_t payload = (size_t)rand() % 400;
            const uint8_t types[] = {4, 8, 2, 1, 9, 6};
            const uint8_t head[9] = {0, (uint8_t)(payload >> 8), (uint8_t)payload,
                length == 24 ? 4 : types[rand() % 6], (uint8_t)(rand() & 0x29), 0, 0, 0, (uint8_t)(rand() % 3)};
            memcpy(flight + length, head, 9);
            for (size_t i = 0; i < payload; i++) flight[length + 9 + i] = (uint8_t)rand();
            length += 9 + payload;
        }
        feed(flight, length);
        h2_fingerprint(&preface.client, text);
        assert_true(strlen(text) < sizeof text);
    }
}

static void reads_a_header_block_of_any_size(void **state)
{
    (void)state;
    static uint8_t flight[24 + 9 + 3 * (9 + 16384)];
    memcpy(flight, PREFACE "\0\0\0\x04\0\0\0\0\0", 33);
    size_t at = 33;
    for (int i = 0; i < 3; i++) {
        memcpy(flight + at, i == 0 ? "\0\x40\0\x01\0\0\0\0\x01" : "\0\x40\0\x09\0\0\0\0\x01", 9);
        memset(flight + at + 9, 0x90, 16384);
        at += 9 + 16384;
    }
    assert_int_equal(feed(flight, at), H2_PREFACE_DONE);
    assert_false(preface.client.headers.complete);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_chromium),
        cmocka_unit_test(does_not_care_how_octets_arrive),
        cmocka_unit_test(reads_priority_frames),
        cmocka_unit_test(joins_continuations_and_drops_padding),
        cmocka_unit_test(only_the_first_settings_and_connection_window_count),
        cmocka_unit_test(knows_http1),
        cmocka_unit_test(gives_up_on_what_is_not_a_beginning),
        cmocka_unit_test(is_bounded_by_any_bytes),
        cmocka_unit_test(reads_a_header_block_of_any_size),
    };
    return cmocka_run_group_tests_name("h2_preface", tests, NULL, NULL);
}
