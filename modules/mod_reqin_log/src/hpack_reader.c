#include "hpack_reader.h"

#include <string.h>

/* No index, size or length in a header block can sensibly be larger; four octets of seven bits hold more. */
enum { LARGEST_INTEGER = 1 << 24, LARGEST_SHIFT = 21 };

/* What the next octet belongs to. */
enum {
    STEP_FIELD,        /* the first octet of a representation (6) */
    STEP_INDEXED,      /* the rest of an index whose first octet was all ones */
    STEP_SIZE,         /* of a table size */
    STEP_NAME_INDEX,   /* of a literal's name */
    STEP_NAME_START,   /* the first octet of a string (5.2) */
    STEP_NAME_LENGTH,  /* the rest of its length */
    STEP_NAME,         /* its octets */
    STEP_VALUE_START,
    STEP_VALUE_LENGTH,
    STEP_VALUE
};

void hpack_reader_start(hpack_reader *reader)
{
    memset(reader, 0, sizeof *reader);
    hpack_table_start(&reader->table);
    reader->updates_ok = true;
}

void hpack_reader_free(hpack_reader *reader) { hpack_table_free(&reader->table); }

static void fail(hpack_reader *in, hpack_result reason) { in->result = reason; }

/* The integer's first octet (5.1); true when it is all of it. */
static bool begin_integer(hpack_reader *in, uint8_t octet, unsigned prefix)
{
    const unsigned most = (1u << prefix) - 1u;
    in->integer = octet & most;
    in->shift = 0;
    return in->integer < most;
}

/* A further octet; true when it is the last. */
static bool continue_integer(hpack_reader *in, uint8_t octet)
{
    in->integer += (size_t)(octet & 0x7f) << in->shift;
    if (octet & 0x80) {
        if (in->shift == LARGEST_SHIFT) fail(in, HPACK_INTEGER_TOO_LARGE);
        in->shift += 7;
        return false;
    }
    if (in->integer > LARGEST_INTEGER) fail(in, HPACK_INTEGER_TOO_LARGE);
    return true;
}

static bool name_at(hpack_reader *in, size_t index, hpack_name *name)
{
    if (hpack_table_name(&in->table, index, name)) return true;
    fail(in, index == 0 ? HPACK_INDEX_ZERO : HPACK_INDEX_OUT_OF_RANGE);
    return false;
}

static hpack_name name_read(const hpack_reader *in)
{
    return (hpack_name){in->name_known ? in->name : NULL, in->name_length};
}

/* An index is complete: a field of the table, a literal's name, or a table size. */
static void take_integer(hpack_reader *in, uint8_t step, hpack_on_name *on_name, void *context)
{
    hpack_name name;
    in->step = STEP_FIELD;
    if (step == STEP_SIZE) {
        if (in->integer > HPACK_TABLE_SIZE) fail(in, HPACK_TABLE_SIZE_TOO_LARGE);
        else hpack_table_set_limit(&in->table, in->integer);
    } else if (name_at(in, in->integer, &name)) {
        on_name(context, name);
        if (step == STEP_INDEXED) return;
        in->index = in->integer;
        in->name_length = name.length;
        in->name_known = name.text != NULL;
        if (in->indexing && in->name_known) memcpy(in->name, name.text, name.length);
        in->step = STEP_VALUE_START;
    }
}

/* The representations by their first bits (6): 1 indexed, 01 a literal that enters the table, 001 a table size. */
static void begin_field(hpack_reader *in, uint8_t octet, hpack_on_name *on_name, void *context)
{
    uint8_t step = STEP_NAME_INDEX;
    unsigned prefix = 4;
    in->indexing = false;
    if (octet & 0x80) {
        step = STEP_INDEXED;
        prefix = 7;
    } else if (octet & 0x40) {
        in->indexing = true;
        prefix = 6;
    } else if (octet & 0x20) {
        step = STEP_SIZE;
        prefix = 5;
        if (!in->updates_ok) {
            fail(in, HPACK_TABLE_SIZE_LATE);
            return;
        }
    }
    if (step != STEP_SIZE) in->updates_ok = false;
    in->step = step;
    if (!begin_integer(in, octet, prefix)) return;
    if (step == STEP_NAME_INDEX && in->integer == 0) in->step = STEP_NAME_START;
    else take_integer(in, step, on_name, context);
}

static void end_string(hpack_reader *in, hpack_on_name *on_name, void *context)
{
    const bool is_name = in->step == STEP_NAME;
    if (in->huffman_coded) {
        char *out = is_name ? in->name : NULL;
        const huffman_result result = huffman_end(&in->huffman, out, is_name ? sizeof in->name : 0);
        if (result != HUFFMAN_OK) {
            fail(in, result == HUFFMAN_EOS ? HPACK_HUFFMAN_EOS : HPACK_HUFFMAN_PADDING);
            return;
        }
    }
    const size_t length = in->huffman.decoded;
    if (is_name) {
        in->index = 0;
        in->name_length = length;
        in->name_known = length <= sizeof in->name;
        in->step = STEP_VALUE_START;
        on_name(context, name_read(in));
    } else {
        if (in->indexing) hpack_table_insert(&in->table, in->index, name_read(in), length);
        in->step = STEP_FIELD;
    }
}

/* A string's length is known. */
static void begin_string(hpack_reader *in, uint8_t step, hpack_on_name *on_name, void *context)
{
    in->string_left = in->integer;
    huffman_start(&in->huffman);
    in->step = step;
    if (in->string_left == 0) end_string(in, on_name, context);
}

static void take_string(hpack_reader *in, const uint8_t *data, size_t length)
{
    const bool is_name = in->step == STEP_NAME;
    in->string_left -= length;
    if (in->huffman_coded) {
        char *out = is_name ? in->name : NULL;
        const huffman_result result = huffman_feed(&in->huffman, data, length, out, is_name ? sizeof in->name : 0);
        if (result != HUFFMAN_OK) fail(in, HPACK_HUFFMAN_EOS);
        return;
    }
    const size_t have = in->huffman.decoded;
    if (is_name && have < sizeof in->name) {
        const size_t room = sizeof in->name - have;
        memcpy(in->name + have, data, length < room ? length : room);
    }
    in->huffman.decoded += length;
}

static void take_octet(hpack_reader *in, uint8_t octet, hpack_on_name *on_name, void *context)
{
    const uint8_t step = in->step;
    switch (step) {
    case STEP_FIELD:
        begin_field(in, octet, on_name, context);
        break;
    case STEP_NAME_START:
    case STEP_VALUE_START:
        in->huffman_coded = (octet & 0x80) != 0;
        in->step = (uint8_t)(step + 1);
        if (begin_integer(in, octet, 7)) begin_string(in, (uint8_t)(step + 2), on_name, context);
        break;
    case STEP_NAME_LENGTH:
    case STEP_VALUE_LENGTH:
        if (continue_integer(in, octet) && in->result == HPACK_OK)
            begin_string(in, (uint8_t)(step + 1), on_name, context);
        break;
    default:
        if (continue_integer(in, octet) && in->result == HPACK_OK) take_integer(in, step, on_name, context);
        break;
    }
}

hpack_result hpack_reader_feed(hpack_reader *in, const uint8_t *data, size_t length, hpack_on_name *on_name,
    void *context)
{
    size_t at = 0;
    while (at < length && in->result == HPACK_OK) {
        if (in->step != STEP_NAME && in->step != STEP_VALUE) {
            take_octet(in, data[at++], on_name, context);
            continue;
        }
        const size_t rest = length - at, part = rest < in->string_left ? rest : in->string_left;
        take_string(in, data + at, part);
        at += part;
        if (in->string_left == 0 && in->result == HPACK_OK) end_string(in, on_name, context);
    }
    return in->result;
}

hpack_result hpack_reader_end_block(hpack_reader *in)
{
    if (in->result == HPACK_OK && in->step != STEP_FIELD) fail(in, HPACK_TRUNCATED);
    in->updates_ok = true;
    return in->result;
}
