#ifndef H2_CLIENT_H
#define H2_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_SETTINGS_TEXT 512
#define H2_PRIORITY_TEXT 512
#define H2_PSEUDO_MAX 8
/* Highest settings identifier that has a field of its own (RFC 9113 6.5.2, RFC 8441, RFC 9218). */
#define H2_SETTINGS_KNOWN 9

/* What a client's first flight says before and with its first request. */
typedef struct {
    char settings[H2_SETTINGS_TEXT]; /* "1:65536;2:0", order of the wire */
    bool setting_seen[H2_SETTINGS_KNOWN + 1];
    uint32_t setting[H2_SETTINGS_KNOWN + 1];
    bool window_update_seen; /* on stream 0 */
    uint32_t window_update;
    char priorities[H2_PRIORITY_TEXT]; /* "3:0:0:201,5:0:0:101": stream:exclusive:depends on:weight */
    bool has_priority;                 /* PRIORITY frames, or priority fields in the first HEADERS */
    /* Letters of the pseudo-header fields in wire order ("m,a,s,p"); x is :protocol (RFC 8441), ? one nobody knows. */
    char pseudo_order[2 * H2_PSEUDO_MAX];
    bool cut; /* settings, priorities or pseudo-header fields had no room */
} h2_client;

/* Payloads of frames, as far as they matter; `unit` has 6, 5 and 4 octets. */
void h2_client_setting(h2_client *client, const uint8_t *unit);
void h2_client_priority(h2_client *client, uint32_t stream, const uint8_t *unit);
void h2_client_window_update(h2_client *client, uint32_t increment);
void h2_client_pseudo_header(h2_client *client, const char *name, size_t length);

/* Akamai form: SETTINGS|WINDOW_UPDATE|PRIORITY|PSEUDO_ORDER, "00" and "0" standing for absent parts. */
#define H2_FINGERPRINT_TEXT (H2_SETTINGS_TEXT + H2_PRIORITY_TEXT + 32)
void h2_fingerprint(const h2_client *client, char out[H2_FINGERPRINT_TEXT]);

#endif
