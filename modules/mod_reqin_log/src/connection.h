#ifndef REQIN_LOG_CONNECTION_H
#define REQIN_LOG_CONNECTION_H

#include "h1_head.h"
#include "h2_client.h"

#include <httpd.h>

#include <stdatomic.h>
#include <stdbool.h>

/* What the client's HTTP/2 preface said, in the connection's pool. */
typedef struct {
    const char *fingerprint;
    const char *settings;
    const char *pseudo_order;
    bool cut; /* the client said more than is kept */
    bool has_priority;
    bool window_update_seen;
    uint32_t window_update;
    bool setting_seen[H2_SETTINGS_KNOWN + 1];
    uint32_t setting[H2_SETTINGS_KNOWN + 1];
} connection_h2;

typedef struct connection_follower connection_follower;

/* One TCP connection. Written by the connection's own thread, read by the threads of its requests. */
typedef struct {
    const char *id;
    const char *peer_ip, *local_ip;
    apr_port_t peer_port, local_port;
    atomic_uint requests;
    _Atomic(const connection_h2 *) h2;
    _Atomic(connection_follower *) follower; /* of an HTTP/2 connection */
    /* Of the input filter. */
    enum { PROTOCOL_OPEN, PROTOCOL_HTTP1, PROTOCOL_HTTP2, PROTOCOL_LOST } protocol;
    bool reading_head;
    bool upgraded; /* by `Upgrade: h2c` */
    h1_head *head;
    atomic_bool upgrade_served; /* stream 1 has been taken by its request */
} connection_state;

/* Names of a request's header fields in the request's pool. */
typedef struct {
    const char *text;
    bool wire; /* as the client sent them; else as the server keeps them */
    bool cut;
} connection_names;

void connection_register_hooks(void);
/*
 * Makes this process' connection ids unlike those of all others. With `watch` false (no server sends
 * events) connections are left alone.
 */
void connection_child_init(bool watch);
/* The state of a connection, or of the connection that carries this HTTP/2 stream; NULL for foreign ones. */
connection_state *connection_of(const conn_rec *connection);

/* True for requests that came as an HTTP/2 stream. */
bool connection_is_http2(const request_rec *request);
/*
 * The request's index on its connection, from 0 in the order of the wire, and its names. To be asked once per
 * request, when Apache has read its head or refused it.
 */
unsigned connection_take_request(connection_state *state, request_rec *request, connection_names *names);
/* The HTTP/1.1 request whose protocol is changed to h2c goes on as stream 1. */
void connection_upgrade(connection_state *state, unsigned index, const connection_names *names, conn_rec *connection);

#endif
