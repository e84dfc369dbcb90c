#include "header_names.h"

#include <stdint.h>
#include <string.h>

/* Letters, digits and !#$%&'*+-.^_`|~ : a bit per octet. */
static bool is_token_octet(unsigned char c)
{
    static const uint32_t tokens[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};
    return (tokens[c >> 5] >> (c & 31)) & 1;
}

bool is_header_name(const char *text)
{
    const char *at = text;
    while (is_token_octet((unsigned char)*at)) at++;
    return at > text && *at == '\0';
}

void header_names_clear(header_names *list)
{
    list->length = list->mark = list->names = 0;
    list->cut = list->open = false;
}

static void cut_here(header_names *list)
{
    list->length = list->mark;
    list->cut = true;
}

static void append(header_names *list, const char *text, size_t length)
{
    if (length > sizeof list->text - list->length) {
        cut_here(list);
        return;
    }
    memcpy(list->text + list->length, text, length);
    list->length += length;
}

void header_names_begin(header_names *list)
{
    list->mark = list->length;
    list->open = true;
    if (!list->cut && list->names > 0) append(list, ",", 1);
}

void header_names_put(header_names *list, const char *part, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    for (size_t i = 0; i < length && !list->cut; i++) {
        const unsigned char c = (unsigned char)part[i];
        if (is_token_octet(c)) {
            plain++;
            continue;
        }
        append(list, part + i - plain, plain);
        plain = 0;
        const char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (!list->cut) append(list, escaped, sizeof escaped);
    }
    if (!list->cut) append(list, part + length - plain, plain);
}

void header_names_end(header_names *list)
{
    if (!list->cut) list->names++;
    list->mark = list->length;
    list->open = false;
}

void header_names_add(header_names *list, const char *name, size_t length)
{
    header_names_begin(list);
    if (name == NULL) cut_here(list);
    else header_names_put(list, name, length);
    header_names_end(list);
}
