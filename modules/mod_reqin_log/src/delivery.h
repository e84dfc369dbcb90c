#ifndef REQIN_LOG_DELIVERY_H
#define REQIN_LOG_DELIVERY_H

#include "event_sender.h"

#include <httpd.h>

#include <stdatomic.h>
#include <stdint.h>

typedef struct reqin_config reqin_config;

/*
 * Counters of the whole server: in memory shared by all children, kept over restarts. The receiver sees
 * losses as gaps in `sequence`, and `dropped` says how many of them happened before the socket.
 */
typedef struct {
    _Atomic uint64_t sequence;
    _Atomic uint64_t dropped;
} delivery_counters;

/* One receiver as one child process sees it. */
typedef struct {
    event_sender sender;
    const reqin_config *config; /* of the first server that sends there */
    const server_rec *server;
    _Atomic int64_t next_report_us;
    _Atomic uint64_t unreported; /* events lost since the last line about it */
    atomic_int last_loss;        /* a sender_outcome */
} delivery;

/* To be called when a configuration is complete; an HTTP status or OK. */
int delivery_take_counters(server_rec *main_server);
uint64_t delivery_next_sequence(void);
uint64_t delivery_dropped(void);

/* Opens a sender per path for all servers that are switched on; false when there is none. */
bool delivery_begin_child(apr_pool_t *pool, server_rec *main_server);

/* Sends an event, or counts it and, if it is time, says so in the error log. */
void delivery_send(const reqin_config *config, const server_rec *server, const char *event, apr_size_t length);

#endif
