/* The reader of HTTP/1 heads: the same in any portions; the list is bounded and can be taken apart. */
#include "h1_head.h"
#include "portions.h"
#include "promise.h"

#include <string.h>

static void read_all(h1_head *head, const char *data, size_t size, portions *p)
{
    h1_head_start(head);
    for (size_t at = 0; at < size;) {
        const size_t part = p == NULL ? size : next_portion(p, size - at);
        h1_head_feed(head, data + at, part);
        at += part;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static h1_head whole, parts;
    if (size < 1) return 0;
    portions p = {data[0]};
    read_all(&whole, (const char *)data + 1, size - 1, NULL);
    read_all(&parts, (const char *)data + 1, size - 1, &p);
    const header_names *names = &whole.names;
    PROMISE(whole.done == parts.done, "portions do not change where the head ends");
    PROMISE(names->length == parts.names.length && memcmp(names->text, parts.names.text, names->length) == 0 &&
            names->cut == parts.names.cut,
        "portions do not change the names");
    PROMISE(names->length <= sizeof names->text, "the list is bounded");
    size_t commas = 0;
    for (size_t i = 0; i < names->length; i++) {
        const unsigned char c = (unsigned char)names->text[i];
        PROMISE(c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ':', "names hold token characters and commas");
        commas += c == ',';
    }
    if (whole.done && !names->cut && names->names > 0)
        PROMISE(commas + 1 == names->names, "a comma stands between names and nowhere else");
    return 0;
}
