#include "h2_reader.h"

#include <string.h>

static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"; /* RFC 9113, 3.4 */
#define PREFACE_LENGTH (sizeof PREFACE - 1)

/* RFC 9113, 6 */
enum {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_PRIORITY = 2,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PUSH_PROMISE = 5,
    FRAME_WINDOW_UPDATE = 8,
    FRAME_CONTINUATION = 9
};
enum { FLAG_ACK = 0x1, FLAG_END_HEADERS = 0x4, FLAG_PADDED = 0x8, FLAG_PRIORITY = 0x20 };

/* A client that has not asked for anything after this many frames is not worth waiting for. */
#define FRAMES_MAX 64
/* SETTINGS_MAX_FRAME_SIZE of a server that announces none. */
#define FRAME_SIZE_MAX 16384

void h2_reader_start(h2_reader *reader, const h2_listener *listener, bool upgraded)
{
    memset(reader, 0, sizeof *reader);
    reader->listener = *listener;
    reader->last_stream = upgraded ? 1 : 0;
    hpack_reader_start(&reader->hpack);
    header_names_clear(&reader->names);
}

void h2_reader_free(h2_reader *reader) { hpack_reader_free(&reader->hpack); }

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint8_t frame_type(const h2_reader *in) { return in->frame[3]; }
static bool has_flag(const h2_reader *in, uint8_t flag) { return (in->frame[4] & flag) != 0; }
static uint32_t frame_stream(const h2_reader *in) { return read_u32(in->frame + 5) & 0x7fffffffu; }

static void break_off(h2_reader *in) { in->state = H2_READER_BROKEN; }

static void take_name(void *context, hpack_name name)
{
    h2_reader *in = context;
    if (!in->block_opens_stream) return;
    if (name.text != NULL && name.length > 0 && name.text[0] == ':') {
        if (!in->client_done) h2_client_pseudo_header(&in->client, name.text, name.length);
        return;
    }
    const bool cookie = name.text != NULL && name.length == 6 && memcmp(name.text, "cookie", 6) == 0;
    /* A cookie's crumbs (RFC 9113, 8.2.3) are one field. */
    if (!cookie || !in->crumb) header_names_add(&in->names, name.text, name.length);
    in->crumb = cookie;
}

static void end_block(h2_reader *in)
{
    if (hpack_reader_end_block(&in->hpack) != HPACK_OK) {
        break_off(in);
        return;
    }
    const uint32_t stream = in->block_stream;
    in->block_stream = 0;
    if (!in->block_opens_stream) return;
    if (!in->client_done) {
        in->client_done = true;
        in->listener.on_client(in->listener.context, &in->client);
    }
    in->listener.on_request(in->listener.context, stream, &in->names);
}

/* What is wrong with a frame that comes before the first request, where it is part of what the client says of itself. */
static bool is_fit_for_first_flight(const h2_reader *in)
{
    const uint32_t length = in->payload_left;
    if (in->frames > FRAMES_MAX) return false;
    if (in->frames == 1 && (frame_type(in) != FRAME_SETTINGS || has_flag(in, FLAG_ACK))) return false;
    switch (frame_type(in)) {
    case FRAME_SETTINGS: return frame_stream(in) == 0 && (has_flag(in, FLAG_ACK) ? length == 0 : length % 6 == 0);
    case FRAME_PRIORITY: return frame_stream(in) != 0 && length == 5;
    case FRAME_WINDOW_UPDATE: return length == 4;
    case FRAME_DATA:
    case FRAME_RST_STREAM: return in->last_stream != 0; /* else nothing is open that they could be about (5.1) */
    default: return true;
    }
}

/* A HEADERS frame opens a stream, or has the trailers of an open one (RFC 9113, 8.1). */
static void begin_block(h2_reader *in)
{
    const uint32_t stream = frame_stream(in);
    if ((stream & 1) == 0) { /* 5.1.1: streams of clients are odd */
        break_off(in);
        return;
    }
    in->block_stream = stream;
    in->block_opens_stream = stream > in->last_stream;
    if (!in->block_opens_stream) return;
    in->last_stream = stream;
    in->crumb = false;
    header_names_clear(&in->names);
}

/* Octets of the fixed-size piece that begins a frame's payload, 0 where its content does not matter. */
static uint8_t unit_size(const h2_reader *in)
{
    const uint8_t type = frame_type(in);
    /* The padding's length and the priority fields (6.2). */
    if (type == FRAME_HEADERS) return (uint8_t)((has_flag(in, FLAG_PADDED) ? 1 : 0) + (has_flag(in, FLAG_PRIORITY) ? 5 : 0));
    if (in->client_done) return 0;
    if (type == FRAME_SETTINGS) return in->settings_done ? 0 : 6;
    if (type == FRAME_PRIORITY) return 5;
    return type == FRAME_WINDOW_UPDATE ? 4 : 0;
}

static void end_frame(h2_reader *in)
{
    const uint8_t type = frame_type(in);
    in->frame_have = 0;
    if (type == FRAME_SETTINGS) in->settings_done = true;
    else if (type == FRAME_RST_STREAM) in->listener.on_reset(in->listener.context, frame_stream(in));
    else if ((type == FRAME_HEADERS || type == FRAME_CONTINUATION) && has_flag(in, FLAG_END_HEADERS)) end_block(in);
}

static bool is_in_place(const h2_reader *in)
{
    const uint8_t type = frame_type(in);
    if (in->block_stream != 0) return type == FRAME_CONTINUATION && frame_stream(in) == in->block_stream;
    return type != FRAME_CONTINUATION && type != FRAME_PUSH_PROMISE; /* clients never push (8.4) */
}

static void begin_frame(h2_reader *in)
{
    const uint8_t type = frame_type(in);
    in->payload_left = (uint32_t)in->frame[0] << 16 | (uint32_t)in->frame[1] << 8 | in->frame[2];
    in->fragment_left = type == FRAME_HEADERS || type == FRAME_CONTINUATION ? in->payload_left : 0;
    in->unit_have = 0;
    in->unit_size = unit_size(in);
    if (!in->client_done) in->frames++;
    if (!is_in_place(in) || (in->payload_left > FRAME_SIZE_MAX && type != FRAME_DATA) ||
        (!in->client_done && !is_fit_for_first_flight(in)) ||
        (type == FRAME_HEADERS && in->payload_left < in->unit_size)) {
        break_off(in);
        return;
    }
    if (type == FRAME_HEADERS) begin_block(in);
    if (in->payload_left == 0 && in->state == H2_READER_MORE) end_frame(in);
}

static void take_unit(h2_reader *in)
{
    const uint8_t type = frame_type(in);
    if (type == FRAME_SETTINGS) {
        h2_client_setting(&in->client, in->unit);
    } else if (type == FRAME_PRIORITY) {
        h2_client_priority(&in->client, frame_stream(in), in->unit);
    } else if (type == FRAME_WINDOW_UPDATE) {
        const uint32_t increment = read_u32(in->unit) & 0x7fffffffu;
        if (increment == 0) break_off(in); /* 6.9 */
        else if (frame_stream(in) == 0) h2_client_window_update(&in->client, increment);
    } else {
        const uint32_t padding = has_flag(in, FLAG_PADDED) ? in->unit[0] : 0;
        if (!in->client_done && has_flag(in, FLAG_PRIORITY)) in->client.has_priority = true;
        in->unit_size = 0;
        in->fragment_left -= in->unit_have;
        if (padding > in->fragment_left) break_off(in);
        else in->fragment_left -= padding;
    }
}

/* Part of the current frame's payload; returns how much of it was taken. */
static uint32_t take_payload(h2_reader *in, const uint8_t *data, uint32_t length)
{
    if (in->unit_size == 0) {
        const uint32_t fragment = length < in->fragment_left ? length : in->fragment_left;
        if (fragment == 0) return length;
        in->fragment_left -= fragment;
        if (hpack_reader_feed(&in->hpack, data, fragment, take_name, in) != HPACK_OK) break_off(in);
        return fragment;
    }
    const uint32_t missing = in->unit_size - in->unit_have, part = length < missing ? length : missing;
    memcpy(in->unit + in->unit_have, data, part);
    in->unit_have = (uint8_t)(in->unit_have + part);
    if (in->unit_have == in->unit_size) {
        take_unit(in);
        in->unit_have = 0;
    }
    return part;
}

h2_reader_state h2_reader_feed(h2_reader *in, const uint8_t *data, size_t length)
{
    size_t at = 0;
    while (at < length && in->state == H2_READER_MORE) {
        if (in->matched < PREFACE_LENGTH) {
            if (data[at++] != (uint8_t)PREFACE[in->matched++]) in->state = H2_READER_NOT_H2;
        } else if (in->frame_have < sizeof in->frame) {
            in->frame[in->frame_have++] = data[at++];
            if (in->frame_have == sizeof in->frame) begin_frame(in);
        } else {
            const size_t rest = length - at;
            const uint32_t taken = take_payload(in, data + at, rest < in->payload_left ? (uint32_t)rest : in->payload_left);
            at += taken;
            in->payload_left -= taken;
            if (in->payload_left == 0 && in->state == H2_READER_MORE) end_frame(in);
        }
    }
    return in->state;
}
