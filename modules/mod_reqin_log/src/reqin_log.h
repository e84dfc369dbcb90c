#ifndef REQIN_LOG_H
#define REQIN_LOG_H

#include <httpd.h>
#include <http_config.h>

#include <stdatomic.h>
#include <stdint.h>

extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA reqin_log_module;

/*
 * Counters of the whole server: in memory shared by all children, kept over restarts. The receiver sees
 * losses as gaps in `sequence`, and `dropped` says how many of them happened before the socket.
 */
typedef struct {
    _Atomic uint64_t sequence;
    _Atomic uint64_t dropped;
} reqin_counters;

#endif
