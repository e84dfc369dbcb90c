#ifndef REQIN_LOG_H
#define REQIN_LOG_H

#include <httpd.h>
#include <http_config.h>

extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA reqin_log_module;

#endif
