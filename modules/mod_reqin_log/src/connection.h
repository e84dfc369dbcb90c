#ifndef REQIN_LOG_CONNECTION_H
#define REQIN_LOG_CONNECTION_H

#include "h2_preface.h"

#include <httpd.h>

#include <stdatomic.h>

/* What the client's HTTP/2 preface said, in the connection's pool. */
typedef struct {
    const char *fingerprint;
    const char *settings;
    const char *pseudo_order;
    const char *first_request_names; /* NULL when its header block could not be read to the end */
    uint32_t first_stream_id;
    bool has_priority;
    bool window_update_seen;
    uint32_t window_update;
    bool setting_seen[H2_SETTINGS_KNOWN + 1];
    uint32_t setting[H2_SETTINGS_KNOWN + 1];
} connection_h2;

/* One TCP connection. Written by the connection's own thread, read by the threads of its requests. */
typedef struct {
    const char *id;
    const char *peer_ip, *local_ip;
    apr_port_t peer_port, local_port;
    atomic_uint requests;
    _Atomic(const connection_h2 *) h2;
    h2_preface *preface; /* while the first octets are being read */
    bool passed;         /* nothing left to read: the filter passes everything through */
} connection_state;

void connection_register_hooks(void);
/*
 * Makes this process' connection ids unlike those of all others. With `watch` false (no server sends
 * events) connections are left alone.
 */
void connection_child_init(bool watch);
/* The state of a connection, or of the connection that carries this HTTP/2 stream; NULL for foreign ones. */
connection_state *connection_of(const conn_rec *connection);

#endif
