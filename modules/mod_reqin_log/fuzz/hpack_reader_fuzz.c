/*
 * The reader of header blocks: the same in any portions, and the same as nghttp2's where that is there.
 * Input: an octet for the portions, then blocks, each behind two octets of its length.
 */
#include "hpack_reader.h"
#include "portions.h"
#include "promise.h"

#include <string.h>
#ifdef WITH_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif

enum { BYTES_KEPT = 1 << 18 };

/* Names that were read: length and, where they are known, text. */
typedef struct {
    unsigned char bytes[BYTES_KEPT];
    size_t length;
} names_read;

static void add_name(names_read *to, const char *text, size_t length)
{
    const size_t kept = text == NULL || length > HPACK_NAME_MAX ? 0 : length;
    if (sizeof length + kept > sizeof to->bytes - to->length) return;
    memcpy(to->bytes + to->length, &length, sizeof length);
    to->length += sizeof length;
    if (kept > 0) memcpy(to->bytes + to->length, text, kept);
    to->length += kept;
}

static void hear(void *context, hpack_name name)
{
    PROMISE(name.text == NULL || name.length <= HPACK_NAME_MAX, "a name that is known is bounded");
    add_name(context, name.text, name.length);
}

static hpack_result read_block(hpack_reader *reader, const uint8_t *data, size_t size, portions *p, names_read *to)
{
    to->length = 0;
    for (size_t at = 0; at < size;) {
        const size_t part = p == NULL ? size : next_portion(p, size - at);
        if (hpack_reader_feed(reader, data + at, part, hear, to) != HPACK_OK) return reader->result;
        at += part;
    }
    return hpack_reader_end_block(reader);
}

#ifdef WITH_NGHTTP2
/* False when nghttp2 refuses the block. */
static bool inflate(nghttp2_hd_inflater *inflater, const uint8_t *data, size_t size, names_read *to)
{
    to->length = 0;
    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        const ssize_t used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, data, size, 1);
        if (used < 0) return false;
        data += used;
        size -= (size_t)used;
        if (flags & NGHTTP2_HD_INFLATE_EMIT) add_name(to, (const char *)field.name, field.namelen);
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(inflater);
            return true;
        }
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && size == 0) return false;
    }
}

/* nghttp2 allows larger integers than any header block here can need, and reads over sizes behind a field. */
static bool is_ours_alone(hpack_result result)
{
    return result == HPACK_INTEGER_TOO_LARGE || result == HPACK_TABLE_SIZE_LATE;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static names_read whole, parts;
    static hpack_reader one, other;
    if (size < 1) return 0;
    portions p = {data[0]};
    hpack_reader_start(&one);
    hpack_reader_start(&other);
#ifdef WITH_NGHTTP2
    static names_read theirs;
    nghttp2_hd_inflater *inflater;
    PROMISE(nghttp2_hd_inflate_new(&inflater) == 0, "nghttp2 has memory");
#endif
    for (size_t at = 1; at + 2 <= size && one.result == HPACK_OK;) {
        size_t length = (size_t)data[at] << 8 | data[at + 1];
        at += 2;
        if (length > size - at) length = size - at;
        const hpack_result result = read_block(&one, data + at, length, NULL, &whole);
        PROMISE(read_block(&other, data + at, length, &p, &parts) == result, "portions do not change the result");
        PROMISE(whole.length == parts.length && memcmp(whole.bytes, parts.bytes, whole.length) == 0,
            "portions do not change the names");
        PROMISE(one.table.size <= one.table.limit && one.table.limit <= HPACK_TABLE_SIZE, "the table keeps its size");
#ifdef WITH_NGHTTP2
        const bool taken = inflate(inflater, data + at, length, &theirs);
        if (!is_ours_alone(result)) PROMISE(taken == (result == HPACK_OK), "nghttp2 takes what we take");
        if (taken && result == HPACK_OK)
            PROMISE(theirs.length == whole.length && memcmp(theirs.bytes, whole.bytes, whole.length) == 0,
                "nghttp2 reads the same names");
#endif
        at += length;
    }
#ifdef WITH_NGHTTP2
    nghttp2_hd_inflate_del(inflater);
#endif
    hpack_reader_free(&one);
    hpack_reader_free(&other);
    return 0;
}
