#include "cmocka_setup.h"
#include "h2_reader.h"
#include "octets.h"
#include "trace.h"

#include <stdlib.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\x04\0\0\0\0\0"
/* Recorded from Chromium 156: SETTINGS 1:65536;2:0;4:6291456;6:262144, WINDOW_UPDATE 15663105. */
#define CHROMIUM_START PREFACE \
    "\0\0\x18\x04\0\0\0\0\0" "\0\x01\0\x01\0\0" "\0\x02\0\0\0\0" "\0\x04\0\x60\0\0" "\0\x06\0\x04\0\0" \
    "\0\0\x04\x08\0\0\0\0\0" "\0\xef\0\x01"
/* HEADERS on stream 1, END_STREAM | END_HEADERS | PRIORITY: exclusive, weight 256, then :method :authority :scheme :path */
#define CHROMIUM_HEADERS "\0\0\x0b\x01\x25\0\0\0\x01" "\x80\0\0\0\xff" "\x82\x41\x01" "x" "\x87\x84"
#define CHROMIUM "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p"

static h2_reader reader;
static h2_client seen;
static trace told;

static void note_client(void *context, const h2_client *client)
{
    char text[H2_FINGERPRINT_TEXT];
    seen = *client;
    h2_fingerprint(client, text);
    trace_add(context, text, strlen(text));
}

static void note_request(void *context, uint32_t stream, const header_names *names)
{
    char text[32];
    snprintf(text, sizeof text, " %u:", stream);
    trace_add(context, text, strlen(text));
    trace_add(context, names->text, names->length);
    if (names->cut) trace_add(context, "*", 1);
}

static void note_reset(void *context, uint32_t stream)
{
    char text[32];
    snprintf(text, sizeof text, " -%u", stream);
    trace_add(context, text, strlen(text));
}

static void start(bool upgraded)
{
    const h2_listener listener = {&told, note_client, note_request, note_reset};
    told.length = 0;
    told.text[0] = '\0';
    h2_reader_free(&reader);
    h2_reader_start(&reader, &listener, upgraded);
}

static h2_reader_state feed(const uint8_t *data, size_t length, size_t portion)
{
    h2_reader_state last = H2_READER_MORE;
    start(false);
    for (size_t at = 0; at < length; at += portion)
        last = h2_reader_feed(&reader, data + at, at + portion < length ? portion : length - at);
    return last;
}

static void assert_told(const uint8_t *data, size_t length, const char *expected)
{
    assert_int_equal(feed(data, length, length), H2_READER_MORE);
    assert_string_equal(told.text, expected);
}

static void reads_chromium(void **state)
{
    (void)state;
    assert_told(OCTETS(CHROMIUM_START CHROMIUM_HEADERS), CHROMIUM " 1:");
    assert_true(seen.has_priority);
    assert_true(seen.setting_seen[2]);
    assert_false(seen.setting_seen[3]);
    assert_int_equal(seen.setting[4], 6291456);
}

/* Two requests with fields of the dynamic table, DATA, padding, trailers, a continuation, a reset. */
#define CONVERSATION CHROMIUM_START CHROMIUM_HEADERS \
    "\0\0\x0c\x01\x04\0\0\0\x03" "\x82\x87\x84\x40\x03" "x-a" "\x02" "12" "\x90" \
    "\0\0\x05\0\0\0\0\0\x03" "hello" \
    "\0\0\x04\x01\x05\0\0\0\x03" "\x00\x01" "t" "\0" \
    "\0\0\x07\x01\x08\0\0\0\x05" "\x03" "\x82\xbe\x40" "\0\0\0" \
    "\0\0\x03\x09\0\0\0\0\x05" "\x03" "x-" \
    "\0\0\x03\x09\x04\0\0\0\x05" "b" "\0" "\xbe" \
    "\0\0\x04\x03\0\0\0\0\x05" "\0\0\0\x08" \
    "\0\0\x03\x01\x05\0\0\0\x07" "\xbf\xbe\xbf"
#define TOLD CHROMIUM " 1: 3:x-a,accept-encoding 5:x-a,x-b,x-b -5 7:x-a,x-b,x-a"

static void follows_a_connection(void **state)
{
    (void)state;
    assert_told(OCTETS(CONVERSATION), TOLD);
}

static void does_not_care_how_octets_arrive(void **state)
{
    (void)state;
    const uint8_t flight[] = CONVERSATION;
    for (size_t portion = 1; portion < sizeof flight; portion++) {
        assert_int_equal(feed(flight, sizeof flight - 1, portion), H2_READER_MORE);
        assert_string_equal(told.text, TOLD);
    }
}

static void reads_priority_frames(void **state)
{
    (void)state;
    assert_told(OCTETS(PREFACE "\0\0\x06\x04\0\0\0\0\0" "\0\x03\0\0\0\x64"
        "\0\0\x05\x02\0\0\0\0\x03" "\0\0\0\0\xc8" "\0\0\x05\x02\0\0\0\0\x05" "\x80\0\0\x03\x64"
        "\0\0\x03\x01\x05\0\0\0\x0d" "\x82\x87\x84"), "3:100|00|3:0:0:201,5:1:3:101|m,s,p 13:");
    assert_true(seen.has_priority);
}

static void reads_settings_9_and_unknown_pseudo_headers(void **state)
{
    (void)state;
    assert_told(OCTETS(PREFACE "\0\0\x0c\x04\0\0\0\0\0" "\0\x09\0\0\0\x01" "\x0a\x0a\0\0\0\x02"
        "\0\0\x06\x01\x05\0\0\0\x01" "\x82\0\x02" ":q" "\0"), "9:1;2570:2|00|0|m,? 1:");
    assert_true(seen.setting_seen[9]);
    assert_int_equal(seen.setting[9], 1);
}

static void only_the_first_settings_and_connection_window_count(void **state)
{
    (void)state;
    assert_told(OCTETS(PREFACE "\0\0\x06\x04\0\0\0\0\0" "\0\x02\0\0\0\0" "\0\0\0\x04\x01\0\0\0\0"
        "\0\0\x06\x04\0\0\0\0\0" "\0\x03\0\0\0\x01" "\0\0\x04\x08\0\0\0\0\x01" "\0\0\0\x05" "\0\0\x04\x08\0\0\0\0\0"
        "\0\0\0\x07" "\0\0\x01\x01\x04\0\0\0\x01" "\x82"), "2:0|7|0|m 1:");
}

static void counts_a_cookies_crumbs_once(void **state)
{
    (void)state;
    assert_told(OCTETS(PREFACE SETTINGS "\0\0\x10\x01\x05\0\0\0\x01" "\x82\x60\x01" "a" "\x60\x01" "b" "\xbe" "\x90\x60\x01" "c"
        "\x00\x01" "x" "\0"), "|00|0|m 1:cookie,accept-encoding,cookie,x");
}

static void knows_the_upgraded_request(void **state)
{
    (void)state;
    start(true);
    const uint8_t flight[] = PREFACE SETTINGS "\0\0\x03\x01\x05\0\0\0\x01" "\0\x01" "t" /* no trailers yet: cut short */;
    assert_int_equal(h2_reader_feed(&reader, flight, sizeof flight - 1), H2_READER_BROKEN);
    start(true);
    assert_int_equal(h2_reader_feed(&reader, OCTETS(PREFACE SETTINGS "\0\0\x04\x03\0\0\0\0\x01" "\0\0\0\x08"
        "\0\0\x02\x01\x05\0\0\0\x03" "\x82\x90")), H2_READER_MORE);
    assert_string_equal(told.text, " -1|00|0|m 3:accept-encoding");
}

static void knows_http1(void **state)
{
    (void)state;
    assert_int_equal(feed(OCTETS("GET / HTTP/1.1\r\n"), 99), H2_READER_NOT_H2);
    assert_int_equal(feed(OCTETS("POST /login HTTP/1.1\r\n"), 1), H2_READER_NOT_H2);
    assert_int_equal(feed(OCTETS("PRI * HTTP/2.0\r\n\r\nXX"), 5), H2_READER_NOT_H2);
    assert_int_equal(feed(OCTETS(""), 1), H2_READER_MORE);
}

static void assert_broken(const uint8_t *data, size_t length)
{
    assert_int_equal(feed(data, length, 1), H2_READER_BROKEN);
    const size_t before = told.length;
    assert_int_equal(h2_reader_feed(&reader, OCTETS("\0\0\x01\x01\x05\0\0\0\x15" "\x82")), H2_READER_BROKEN);
    assert_int_equal(told.length, before);
}

static void gives_up_on_what_is_malformed(void **state)
{
    (void)state;
    assert_broken(OCTETS(PREFACE "\0\0\0\x01\x04\0\0\0\x01"));                           /* no SETTINGS first */
    assert_broken(OCTETS(PREFACE "\0\0\0\x04\x01\0\0\0\0"));                             /* only an acknowledgement */
    assert_broken(OCTETS(PREFACE "\0\0\x05\x04\0\0\0\0\0"));                             /* not a multiple of six */
    assert_broken(OCTETS(PREFACE "\0\0\0\x04\0\0\0\0\x01"));                             /* on a stream */
    assert_broken(OCTETS(PREFACE "\xff\xff\xff\x04\0\0\0\0\0"));                         /* larger than allowed */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\0\x09\x04\0\0\0\x01"));                  /* nothing to continue */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x01\x01\x0c\0\0\0\x01" "\x09"));         /* more padding than payload */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x04\x01\x24\0\0\0\x01"));                /* no room for the priority fields */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x01\x01\x04\0\0\0\x02" "\x82"));         /* an even stream */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x01\x01\x04\0\0\0\0" "\x82"));
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x04\x08\0\0\0\0\0" "\0\0\0\0"));         /* a window grown by nothing */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x04\x02\0\0\0\0\x03"));                  /* a short PRIORITY */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\x01\0\0\0\0\0\x01" "x"));                /* DATA before a request */
    assert_broken(OCTETS(PREFACE SETTINGS "\0\0\0\x05\0\0\0\0\x01"));                    /* clients do not push */
    assert_broken(OCTETS(CHROMIUM_START CHROMIUM_HEADERS "\0\0\x01\x01\0\0\0\0\x03" "\x82" "\0\0\0\x09\x04\0\0\0\x05"));
    assert_broken(OCTETS(CHROMIUM_START CHROMIUM_HEADERS "\0\0\x01\x01\0\0\0\0\x03" "\x82" "\0\0\0\0\0\0\0\0\x01"));
    assert_broken(OCTETS(CHROMIUM_START CHROMIUM_HEADERS "\0\0\x01\x01\x05\0\0\0\x03" "\x80"));
    assert_broken(OCTETS(CHROMIUM_START CHROMIUM_HEADERS "\0\0\x02\x01\x05\0\0\0\x03" "\x82\x40"));
    static uint8_t pings[24 + 9 + 100 * 17];
    memcpy(pings, PREFACE SETTINGS, 33);
    for (int i = 0; i < 100; i++) memcpy(pings + 33 + i * 17, "\0\0\x08\x06\0\0\0\0\0" "12345678", 17);
    assert_broken(pings, sizeof pings);
}

static void skips_data_of_any_length(void **state)
{
    (void)state;
    static uint8_t data[100000];
    memset(data, 0x01, sizeof data);
    assert_told(OCTETS(CHROMIUM_START CHROMIUM_HEADERS), CHROMIUM " 1:");
    assert_int_equal(h2_reader_feed(&reader, OCTETS("\x01\x86\xa0\0\0\0\0\0\x01")), H2_READER_MORE);
    assert_int_equal(h2_reader_feed(&reader, data, sizeof data), H2_READER_MORE);
    assert_int_equal(h2_reader_feed(&reader, OCTETS("\0\0\x02\x01\x05\0\0\0\x03" "\x82\x90")), H2_READER_MORE);
    assert_string_equal(told.text, CHROMIUM " 1: 3:accept-encoding");
}

static void reads_a_header_block_of_any_size(void **state)
{
    (void)state;
    static uint8_t flight[33 + 8 * (9 + 16384)];
    memcpy(flight, PREFACE SETTINGS, 33);
    size_t at = 33;
    for (int i = 0; i < 8; i++) {
        memcpy(flight + at, i == 0 ? "\0\x40\0\x01\0\0\0\0\x01" : "\0\x40\0\x09\0\0\0\0\x01", 9);
        if (i == 7) flight[at + 4] = 4;
        memset(flight + at + 9, 0x90, 16384);
        at += 9 + 16384;
    }
    assert_int_equal(feed(flight, at, 1000), H2_READER_MORE);
    assert_true(told.length > 1900 && told.length <= HEADER_NAMES_MAX + 20);
    assert_int_equal(told.text[told.length - 1], '*');
    assert_int_equal(h2_reader_feed(&reader, OCTETS("\0\0\x01\x01\x05\0\0\0\x03" "\x90")), H2_READER_MORE);
    assert_string_equal(told.text + told.length - 18, " 3:accept-encoding");
}

/* Frames that make sense and random content, so that the reader gets far. */
static size_t make_frames(uint8_t *flight, size_t room)
{
    size_t length = 33;
    uint32_t stream = 1;
    bool open = false;
    memcpy(flight, PREFACE SETTINGS, 33);
    while (length + 200 < room) {
        const uint8_t types[] = {1, 1, 1, 1, 0, 3, 8, 2, 4, 6};
        const uint8_t type = rand() % 200 == 0 ? (uint8_t)rand() : open ? 9 : length == 33 ? 1 : types[rand() % 10];
        const uint8_t flags = (uint8_t)(type == 1 || type == 9 ? (rand() % 4 ? 4 : 0) | (rand() % 8 ? 0 : 0x28) : rand() & 0x29);
        size_t payload = 1 + (size_t)rand() % 100;
        if (type == 8 || type == 3) payload = 4;
        if (type == 2) payload = 5;
        if (type == 4 || type == 6) payload = 0;
        if (type == 1 && rand() % 6) stream += 2;
        if (type == 1 || type == 9) open = (flags & 4) == 0;
        const uint8_t head[9] = {0, 0, (uint8_t)payload, type, flags, 0, 0, (uint8_t)(stream >> 8), (uint8_t)stream};
        memcpy(flight + length, head, 9);
        for (size_t i = 0; i < payload; i++)
            flight[length + 9 + i] = (uint8_t)(rand() % 300 ? 0x81 + rand() % 61 : rand());
        if (flags & 8) flight[length + 9] = (uint8_t)(rand() % 20);
        length += 9 + payload;
    }
    return length;
}

static void is_bounded_and_the_same_in_any_portions(void **state)
{
    (void)state;
    static uint8_t flight[3000];
    static trace whole;
    srand(11);
    size_t requests = 0;
    for (int round = 0; round < 5000; round++) {
        const size_t length = make_frames(flight, sizeof flight);
        const h2_reader_state result = feed(flight, length, length);
        whole = told;
        for (const char *at = told.text; (at = strchr(at, ' ')) != NULL; at++) requests++;
        assert_int_equal(feed(flight, length, 1 + (size_t)rand() % 40), result);
        assert_string_equal(told.text, whole.text);
    }
    assert_true(requests > 20000);
    h2_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_chromium),
        cmocka_unit_test(follows_a_connection),
        cmocka_unit_test(does_not_care_how_octets_arrive),
        cmocka_unit_test(reads_priority_frames),
        cmocka_unit_test(reads_settings_9_and_unknown_pseudo_headers),
        cmocka_unit_test(only_the_first_settings_and_connection_window_count),
        cmocka_unit_test(counts_a_cookies_crumbs_once),
        cmocka_unit_test(knows_the_upgraded_request),
        cmocka_unit_test(knows_http1),
        cmocka_unit_test(gives_up_on_what_is_malformed),
        cmocka_unit_test(skips_data_of_any_length),
        cmocka_unit_test(reads_a_header_block_of_any_size),
        cmocka_unit_test(is_bounded_and_the_same_in_any_portions),
    };
    return cmocka_run_group_tests_name("h2_reader", tests, NULL, NULL);
}
