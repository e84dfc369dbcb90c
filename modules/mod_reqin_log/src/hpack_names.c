#include "hpack_names.h"

#include "hpack_tables.h"

#include <string.h>

/* A longer field name is cut; no client that browses has one. */
#define NAME_MAX_KEPT 128
/* 4096 octets of dynamic table (the default) hold at most 128 entries of 32 octets overhead. */
#define DYNAMIC_ENTRIES 128
#define DYNAMIC_OVERHEAD 32
#define DYNAMIC_DEFAULT_SIZE 4096

typedef struct {
    char name[NAME_MAX_KEPT];
    size_t size;
} dynamic_entry;

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
    dynamic_entry entries[DYNAMIC_ENTRIES]; /* ring; the newest is at (first + count - 1) */
    size_t first, count;
    size_t size, size_limit;
} hpack_reader;

/* Integer with a prefix of `bits` bits (RFC 7541, 5.1). Larger than 2^24 is treated as an error. */
static bool read_integer(hpack_reader *in, unsigned bits, size_t *value)
{
    if (in->at == in->end) return false;
    const unsigned mask = (1u << bits) - 1u;
    size_t result = *in->at++ & mask;
    if (result == mask) {
        unsigned shift = 0;
        uint8_t octet;
        do {
            if (in->at == in->end || shift > 21) return false;
            octet = *in->at++;
            result += (size_t)(octet & 0x7f) << shift;
            shift += 7;
        } while (octet & 0x80);
        if (result > (1u << 24)) return false;
    }
    *value = result;
    return true;
}

/* Huffman-decodes into out (cut at capacity - 1, terminated) and reports the full decoded length. */
static bool huffman_decode(const uint8_t *data, size_t length, char *out, size_t capacity, size_t *decoded)
{
    uint32_t code = 0, first_code = 0;
    unsigned code_length = 0, symbol_base = 0;
    bool only_ones = true;
    size_t total = 0;
    for (size_t i = 0; i < length * 8; i++) {
        const unsigned bit = ((unsigned)data[i / 8] >> (7 - i % 8)) & 1u;
        only_ones = only_ones && bit;
        code = (code << 1) | bit;
        first_code <<= 1;
        code_length++;
        const unsigned here = hpack_huffman_codes_of_length[code_length];
        if (code - first_code < here) {
            const unsigned symbol = hpack_huffman_symbols[symbol_base + (code - first_code)];
            if (symbol == HPACK_HUFFMAN_EOS) return false;
            if (out != NULL && total + 1 < capacity) out[total] = (char)symbol;
            total++;
            code = first_code = 0;
            code_length = symbol_base = 0;
            only_ones = true;
        } else {
            if (code_length == HPACK_HUFFMAN_LONGEST) return false;
            first_code += here;
            symbol_base += here;
        }
    }
    if (out != NULL) out[total < capacity ? total : capacity - 1] = '\0';
    *decoded = total;
    return code_length < 8 && only_ones; /* padding is a prefix of EOS, below one octet (5.2) */
}

/* A string literal (5.2); `out` may be NULL when only the length matters. */
static bool read_string(hpack_reader *in, char *out, size_t capacity, size_t *decoded)
{
    if (in->at == in->end) return false;
    const bool huffman = (*in->at & 0x80) != 0;
    size_t length;
    if (!read_integer(in, 7, &length) || length > (size_t)(in->end - in->at)) return false;
    const uint8_t *data = in->at;
    in->at += length;
    if (huffman) return huffman_decode(data, length, out, capacity, decoded);
    if (out != NULL) {
        const size_t kept = length < capacity - 1 ? length : capacity - 1;
        memcpy(out, data, kept);
        out[kept] = '\0';
    }
    *decoded = length;
    return true;
}

static void evict_to(hpack_reader *in, size_t limit)
{
    while (in->count > 0 && in->size > limit) {
        in->size -= in->entries[in->first].size;
        in->first = (in->first + 1) % DYNAMIC_ENTRIES;
        in->count--;
    }
}

static void insert(hpack_reader *in, const char *name, size_t name_length, size_t value_length)
{
    const size_t size = name_length + value_length + DYNAMIC_OVERHEAD;
    if (size > in->size_limit) {
        evict_to(in, 0); /* 4.4: an entry larger than the table empties it */
        return;
    }
    evict_to(in, in->size_limit - size);
    dynamic_entry *entry = &in->entries[(in->first + in->count) % DYNAMIC_ENTRIES];
    memcpy(entry->name, name, strlen(name) + 1);
    entry->size = size;
    in->size += size;
    in->count++;
}

/* Name at an index of the combined address space (2.3.3), NULL when there is none. */
static const char *name_at(const hpack_reader *in, size_t index)
{
    if (index == 0) return NULL;
    if (index <= HPACK_STATIC_ENTRIES) return hpack_static_names[index - 1];
    const size_t age = index - HPACK_STATIC_ENTRIES - 1;
    if (age >= in->count) return NULL;
    return in->entries[(in->first + in->count - 1 - age) % DYNAMIC_ENTRIES].name;
}

static char pseudo_letter(const char *name)
{
    if (strcmp(name, ":method") == 0) return 'm';
    if (strcmp(name, ":authority") == 0) return 'a';
    if (strcmp(name, ":scheme") == 0) return 's';
    if (strcmp(name, ":path") == 0) return 'p';
    return strcmp(name, ":protocol") == 0 ? 'x' : '\0';
}

static bool keep(hpack_names *out, const char *name)
{
    if (name[0] == ':') {
        const char letter = pseudo_letter(name);
        const size_t used = strlen(out->pseudo_order);
        if (letter == '\0' || used + 3 > sizeof out->pseudo_order) return false;
        if (used > 0) strcat(out->pseudo_order, ",");
        strncat(out->pseudo_order, &letter, 1);
        return true;
    }
    const size_t used = strlen(out->names), length = strlen(name);
    const bool crumb = strcmp(name, "cookie") == 0 && used >= 6 &&
        strcmp(out->names + used - 6, "cookie") == 0 && (used == 6 || out->names[used - 7] == ',');
    if (crumb) return true;
    if (used + length + 2 > sizeof out->names) return false;
    if (used > 0) out->names[used] = ',';
    memcpy(out->names + used + (used > 0), name, length + 1);
    return true;
}

/* One field representation (RFC 7541, 6); false ends the reading. */
static bool read_field(hpack_reader *in, hpack_names *out)
{
    const uint8_t first = *in->at;
    size_t index;
    if (first & 0x80) { /* indexed */
        if (!read_integer(in, 7, &index)) return false;
        const char *name = name_at(in, index);
        return name != NULL && keep(out, name);
    }
    if ((first & 0xe0) == 0x20) { /* dynamic table size update */
        size_t limit;
        if (!read_integer(in, 5, &limit) || limit > DYNAMIC_DEFAULT_SIZE) return false;
        in->size_limit = limit;
        evict_to(in, limit);
        return true;
    }
    const bool indexing = (first & 0xc0) == 0x40;
    char name[NAME_MAX_KEPT];
    size_t name_length, value_length;
    if (!read_integer(in, indexing ? 6 : 4, &index)) return false;
    if (index == 0) {
        if (!read_string(in, name, sizeof name, &name_length)) return false;
    } else {
        const char *known = name_at(in, index);
        if (known == NULL) return false;
        name_length = strlen(known);
        memcpy(name, known, name_length + 1);
    }
    if (!keep(out, name)) return false;
    if (!read_string(in, NULL, 0, &value_length)) return false;
    if (indexing) insert(in, name, name_length, value_length);
    return true;
}

void hpack_read_names(const uint8_t *block, size_t length, hpack_names *out)
{
    hpack_reader in = {.at = block, .end = block + length, .size_limit = DYNAMIC_DEFAULT_SIZE};
    memset(out, 0, sizeof *out);
    while (in.at < in.end) {
        if (!read_field(&in, out)) return;
    }
    out->complete = true;
}
