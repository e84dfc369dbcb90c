#include "h2_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Appends `part` after `separator` unless that would not fit. */
static void append(h2_client *client, char *text, size_t capacity, char separator, const char *part)
{
    const size_t used = strlen(text), length = strlen(part);
    if (used + length + 2 > capacity) {
        client->cut = true;
        return;
    }
    if (used > 0) text[used] = separator;
    memcpy(text + used + (used > 0), part, length + 1);
}

void h2_client_setting(h2_client *client, const uint8_t *unit)
{
    const unsigned id = (unsigned)unit[0] << 8 | unit[1];
    const uint32_t value = read_u32(unit + 2);
    char text[24];
    snprintf(text, sizeof text, "%u:%" PRIu32, id, value);
    append(client, client->settings, sizeof client->settings, ';', text);
    if (id <= H2_SETTINGS_KNOWN) {
        client->setting[id] = value;
        client->setting_seen[id] = true;
    }
}

void h2_client_priority(h2_client *client, uint32_t stream, const uint8_t *unit)
{
    const uint32_t dependency = read_u32(unit);
    char text[48];
    snprintf(text, sizeof text, "%" PRIu32 ":%u:%" PRIu32 ":%u", stream, (unsigned)(dependency >> 31),
        dependency & 0x7fffffffu, unit[4] + 1u);
    append(client, client->priorities, sizeof client->priorities, ',', text);
    client->has_priority = true;
}

void h2_client_window_update(h2_client *client, uint32_t increment)
{
    if (client->window_update_seen) return;
    client->window_update_seen = true;
    client->window_update = increment;
}

void h2_client_pseudo_header(h2_client *client, const char *name, size_t length)
{
    static const struct {
        const char *name, *letter;
    } letters[] = {{":method", "m"}, {":authority", "a"}, {":scheme", "s"}, {":path", "p"}, {":protocol", "x"}};
    const char *letter = "?";
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (strlen(letters[i].name) == length && memcmp(letters[i].name, name, length) == 0) letter = letters[i].letter;
    }
    append(client, client->pseudo_order, sizeof client->pseudo_order, ',', letter);
}

void h2_fingerprint(const h2_client *client, char out[H2_FINGERPRINT_TEXT])
{
    char window[16] = "00";
    if (client->window_update_seen) snprintf(window, sizeof window, "%" PRIu32, client->window_update);
    snprintf(out, H2_FINGERPRINT_TEXT, "%s|%s|%s|%s", client->settings, window,
        client->priorities[0] ? client->priorities : "0", client->pseudo_order);
}
