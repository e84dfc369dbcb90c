#ifndef H2_PREFACE_H
#define H2_PREFACE_H

#include "hpack_names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_SETTINGS_TEXT 512
#define H2_PRIORITY_TEXT 512
#define H2_BLOCK_MAX 16384
/* Highest settings identifier that has a field of its own (RFC 9113 6.5.2, RFC 8441, RFC 9218). */
#define H2_SETTINGS_KNOWN 9

/* What a client's first flight says before and with its first request. */
typedef struct {
    char settings[H2_SETTINGS_TEXT];  /* "1:65536;2:0", order of the wire */
    bool setting_seen[H2_SETTINGS_KNOWN + 1];
    uint32_t setting[H2_SETTINGS_KNOWN + 1];
    bool window_update_seen;          /* on stream 0 */
    uint32_t window_update;
    char priorities[H2_PRIORITY_TEXT]; /* "3:0:0:201,5:0:0:101": stream:exclusive:depends on:weight */
    bool has_priority;                /* PRIORITY frames, or priority fields in the first HEADERS */
    uint32_t stream_id;               /* of the first HEADERS */
    hpack_names headers;
} h2_client;

typedef enum {
    H2_PREFACE_MORE,   /* give me the bytes that follow */
    H2_PREFACE_DONE,   /* the first HEADERS was read: `client` is filled */
    H2_PREFACE_NOT_H2, /* the bytes do not begin with the preface */
    H2_PREFACE_BROKEN, /* HTTP/2, but malformed or beyond what is kept before a HEADERS */
} h2_preface_state;

/*
 * Incremental reader of a connection's first client → server octets (RFC 9113, 3.4). No I/O, no
 * allocation, memory fixed; octets may arrive in any portions.
 */
typedef struct {
    h2_preface_state state;
    h2_client client;
    /* Private. */
    size_t matched;             /* octets of the preface seen so far */
    uint8_t frame[9];
    size_t frame_have;
    uint32_t payload_left;
    unsigned frames;
    bool settings_done;
    uint8_t unit[6];            /* a settings entry, PRIORITY or WINDOW_UPDATE payload in progress */
    size_t unit_have;
    bool in_block;              /* HEADERS without END_HEADERS seen: only CONTINUATION may follow */
    uint8_t block[H2_BLOCK_MAX];
    size_t block_have;
    size_t part_start;          /* where the current HEADERS payload begins in block */
    bool block_cut;
} h2_preface;

void h2_preface_start(h2_preface *preface);
h2_preface_state h2_preface_feed(h2_preface *preface, const uint8_t *data, size_t length);

/* Akamai form: SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER, "00" and "0" standing for absent parts. */
#define H2_FINGERPRINT_TEXT (H2_SETTINGS_TEXT + H2_PRIORITY_TEXT + 32)
void h2_fingerprint(const h2_client *client, char out[H2_FINGERPRINT_TEXT]);

#endif
