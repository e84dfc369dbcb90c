/* The reader of HTTP/2 connections: the same in any portions, and what it tells is bounded and well-formed. */
#include "h2_reader.h"
#include "portions.h"
#include "promise.h"

#include <string.h>

enum { BYTES_TOLD = 1 << 20 };

/* Everything that was told, in order. */
typedef struct {
    unsigned char bytes[BYTES_TOLD];
    size_t length;
    unsigned clients;
    uint32_t last_stream;
} story;

static void add(story *to, const void *bytes, size_t length)
{
    if (length > sizeof to->bytes - to->length) length = sizeof to->bytes - to->length;
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void hear_client(void *context, const h2_client *client)
{
    story *to = context;
    char fingerprint[H2_FINGERPRINT_TEXT];
    memset(fingerprint, 'x', sizeof fingerprint);
    h2_fingerprint(client, fingerprint);
    PROMISE(memchr(fingerprint, '\0', sizeof fingerprint) != NULL, "a fingerprint is terminated");
    unsigned bars = 0;
    for (const char *c = fingerprint; *c; c++) bars += *c == '|';
    PROMISE(bars == 3, "a fingerprint has four parts");
    PROMISE(++to->clients == 1, "a client is told of once");
    add(to, client, sizeof *client);
}

static void hear_request(void *context, uint32_t stream, const header_names *names)
{
    story *to = context;
    PROMISE(to->clients == 1, "the client comes before its requests");
    PROMISE((stream & 1) == 1 && stream > to->last_stream, "clients open odd streams, each higher than the last");
    to->last_stream = stream;
    PROMISE(names->length <= sizeof names->text, "a list of names is bounded");
    PROMISE(!names->open, "a list that is told has no name in progress");
    for (size_t i = 0; i < names->length; i++) {
        const unsigned char c = (unsigned char)names->text[i];
        PROMISE(c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ':', "names hold token characters and commas");
    }
    add(to, &stream, sizeof stream);
    add(to, names->text, names->length);
    add(to, names->cut ? "!" : ".", 1);
}

static void hear_reset(void *context, uint32_t stream)
{
    add(context, "reset", 5);
    add(context, &stream, sizeof stream);
}

static h2_reader_state read_all(const uint8_t *data, size_t size, bool preface, bool upgraded, portions *p, story *to)
{
    static h2_reader reader;
    const h2_listener listener = {to, hear_client, hear_request, hear_reset};
    to->length = to->clients = to->last_stream = 0;
    h2_reader_start(&reader, &listener, upgraded);
    if (preface) h2_reader_feed(&reader, (const uint8_t *)"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    for (size_t at = 0; at < size;) {
        const size_t part = p == NULL ? size : next_portion(p, size - at);
        h2_reader_feed(&reader, data + at, part);
        at += part;
        const hpack_table *table = &reader.hpack.table;
        PROMISE(table->size <= table->limit && table->limit <= HPACK_TABLE_SIZE, "the table keeps its size");
        PROMISE(table->count <= HPACK_TABLE_ENTRIES, "the table keeps its number of entries");
        PROMISE(table->names_capacity <= 2 * HPACK_TABLE_SIZE, "the table's names are bounded");
    }
    const h2_reader_state state = reader.state;
    h2_reader_free(&reader);
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static story whole, parts;
    if (size < 2) return 0;
    portions p = {data[0]};
    const bool preface = (data[1] & 1) == 0, upgraded = (data[1] & 2) != 0;
    const h2_reader_state one = read_all(data + 2, size - 2, preface, upgraded, NULL, &whole);
    const h2_reader_state other = read_all(data + 2, size - 2, preface, upgraded, &p, &parts);
    PROMISE(one == other, "portions do not change where reading ends");
    PROMISE(whole.length == parts.length && memcmp(whole.bytes, parts.bytes, whole.length) == 0,
        "portions do not change what is told");
    return 0;
}
