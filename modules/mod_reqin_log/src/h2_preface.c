#include "h2_preface.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LENGTH (sizeof PREFACE - 1)

enum { FRAME_HEADERS = 1, FRAME_PRIORITY = 2, FRAME_SETTINGS = 4, FRAME_WINDOW_UPDATE = 8, FRAME_CONTINUATION = 9 };
enum { FLAG_ACK = 0x1, FLAG_END_HEADERS = 0x4, FLAG_PADDED = 0x8, FLAG_PRIORITY = 0x20 };

/* A client that has not asked for anything after this many frames is not worth waiting for. */
#define FRAMES_MAX 64
/* The server never raises SETTINGS_MAX_FRAME_SIZE before the first request. */
#define FRAME_SIZE_MAX 16384

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint8_t frame_type(const h2_preface *p) { return p->frame[3]; }
static uint8_t frame_flags(const h2_preface *p) { return p->frame[4]; }
static uint32_t frame_stream(const h2_preface *p) { return read_u32(p->frame + 5) & 0x7fffffffu; }

void h2_preface_start(h2_preface *preface)
{
    memset(preface, 0, sizeof *preface);
    preface->state = H2_PREFACE_MORE;
}

/* Appends `part` after `separator` unless that would not fit. */
static void append(char *text, size_t capacity, char separator, const char *part)
{
    const size_t used = strlen(text), length = strlen(part);
    if (used + length + 2 > capacity) return;
    if (used > 0) text[used] = separator;
    memcpy(text + used + (used > 0), part, length + 1);
}

static void take_setting(h2_preface *p)
{
    const unsigned id = (unsigned)p->unit[0] << 8 | p->unit[1];
    const uint32_t value = read_u32(p->unit + 2);
    char text[24];
    snprintf(text, sizeof text, "%u:%" PRIu32, id, value);
    append(p->client.settings, sizeof p->client.settings, ';', text);
    if (id <= H2_SETTINGS_KNOWN) {
        p->client.setting[id] = value;
        p->client.setting_seen[id] = true;
    }
}

static void take_priority(h2_preface *p)
{
    const uint32_t dependency = read_u32(p->unit);
    char text[48];
    snprintf(text, sizeof text, "%" PRIu32 ":%u:%" PRIu32 ":%u", frame_stream(p), (unsigned)(dependency >> 31),
        dependency & 0x7fffffffu, p->unit[4] + 1u);
    append(p->client.priorities, sizeof p->client.priorities, ',', text);
    p->client.has_priority = true;
}

static void take_window_update(h2_preface *p)
{
    if (frame_stream(p) != 0 || p->client.window_update_seen) return;
    p->client.window_update_seen = true;
    p->client.window_update = read_u32(p->unit) & 0x7fffffffu;
}

/* Octets of one fixed-size piece of the current frame's payload, 0 when its content does not matter. */
static size_t unit_size(const h2_preface *p)
{
    switch (frame_type(p)) {
    case FRAME_SETTINGS: return p->settings_done || (frame_flags(p) & FLAG_ACK) ? 0 : 6;
    case FRAME_PRIORITY: return 5;
    case FRAME_WINDOW_UPDATE: return 4;
    default: return 0;
    }
}

static void take_unit(h2_preface *p)
{
    switch (frame_type(p)) {
    case FRAME_SETTINGS: take_setting(p); break;
    case FRAME_PRIORITY: take_priority(p); break;
    default: take_window_update(p); break;
    }
}

static bool is_block_frame(const h2_preface *p)
{
    return frame_type(p) == FRAME_HEADERS || frame_type(p) == FRAME_CONTINUATION;
}

/* Removes padding and priority fields around the fragment of a HEADERS payload (RFC 9113, 6.2). */
static bool strip_headers_frame(h2_preface *p)
{
    const uint8_t flags = frame_flags(p);
    uint8_t *start = p->block + p->part_start;
    size_t length = p->block_have - p->part_start, skip = 0, padding = 0;
    if (flags & FLAG_PADDED) {
        if (length < 1) return false;
        padding = start[0];
        skip = 1;
    }
    if (flags & FLAG_PRIORITY) {
        skip += 5;
        p->client.has_priority = true;
    }
    if (p->block_cut) padding = 0; /* it was not kept */
    if (skip + padding > length) return false;
    length -= skip + padding;
    memmove(start, start + skip, length);
    p->block_have = p->part_start + length;
    return true;
}

static h2_preface_state finish(h2_preface *p)
{
    hpack_read_names(p->block, p->block_have, &p->client.headers);
    return H2_PREFACE_DONE;
}

static h2_preface_state end_of_frame(h2_preface *p)
{
    if (frame_type(p) == FRAME_SETTINGS && !(frame_flags(p) & FLAG_ACK)) p->settings_done = true;
    if (!is_block_frame(p)) return H2_PREFACE_MORE;
    if (frame_type(p) == FRAME_HEADERS && !strip_headers_frame(p)) return H2_PREFACE_BROKEN;
    if ((frame_flags(p) & FLAG_END_HEADERS) || p->block_cut) return finish(p);
    p->in_block = true;
    return H2_PREFACE_MORE;
}

static h2_preface_state start_of_frame(h2_preface *p)
{
    p->payload_left = (uint32_t)p->frame[0] << 16 | (uint32_t)p->frame[1] << 8 | p->frame[2];
    p->unit_have = 0;
    if (++p->frames > FRAMES_MAX || p->payload_left > FRAME_SIZE_MAX) return H2_PREFACE_BROKEN;
    if (p->frames == 1 && frame_type(p) != FRAME_SETTINGS) return H2_PREFACE_BROKEN;
    if (p->in_block != (frame_type(p) == FRAME_CONTINUATION)) return H2_PREFACE_BROKEN;
    if (is_block_frame(p)) {
        p->part_start = p->block_have;
        if (frame_type(p) == FRAME_HEADERS) p->client.stream_id = frame_stream(p);
        else if (frame_stream(p) != p->client.stream_id) return H2_PREFACE_BROKEN;
    }
    return p->payload_left == 0 ? end_of_frame(p) : H2_PREFACE_MORE;
}

static void take_payload(h2_preface *p, const uint8_t *data, size_t length)
{
    if (is_block_frame(p)) {
        const size_t room = sizeof p->block - p->block_have, kept = length < room ? length : room;
        memcpy(p->block + p->block_have, data, kept);
        p->block_have += kept;
        if (kept < length) p->block_cut = true;
        return;
    }
    const size_t size = unit_size(p);
    for (size_t i = 0; size > 0 && i < length; i++) {
        p->unit[p->unit_have++] = data[i];
        if (p->unit_have == size) {
            take_unit(p);
            p->unit_have = 0;
        }
    }
}

h2_preface_state h2_preface_feed(h2_preface *p, const uint8_t *data, size_t length)
{
    size_t at = 0;
    while (at < length && p->state == H2_PREFACE_MORE) {
        if (p->matched < PREFACE_LENGTH) {
            if (data[at++] != (uint8_t)PREFACE[p->matched++]) p->state = H2_PREFACE_NOT_H2;
        } else if (p->frame_have < sizeof p->frame) {
            p->frame[p->frame_have++] = data[at++];
            if (p->frame_have == sizeof p->frame) {
                p->state = start_of_frame(p);
                if (p->payload_left == 0) p->frame_have = 0;
            }
        } else {
            const size_t rest = length - at, part = rest < p->payload_left ? rest : p->payload_left;
            take_payload(p, data + at, part);
            at += part;
            p->payload_left -= (uint32_t)part;
            if (p->payload_left == 0) {
                p->state = end_of_frame(p);
                p->frame_have = 0;
            }
        }
    }
    return p->state;
}

void h2_fingerprint(const h2_client *client, char out[H2_FINGERPRINT_TEXT])
{
    char window[16] = "00";
    if (client->window_update_seen) snprintf(window, sizeof window, "%" PRIu32, client->window_update);
    snprintf(out, H2_FINGERPRINT_TEXT, "%s|%s|%s|%s", client->settings, window,
        client->priorities[0] ? client->priorities : "0", client->headers.pseudo_order);
}
