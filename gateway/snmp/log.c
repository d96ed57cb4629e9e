/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What net-snmp logs, into our log: limited, since some of it is per message. */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "gateway/base/log.h"

static struct log_limit limit;

static int on_line(int major, int minor, void *server_arg, void *client_arg)
{
    const struct snmp_log_message *message = server_arg;
    unsigned long held;
    (void)major;
    (void)minor;
    (void)client_arg;

    struct slice text = slice_trim(slice_from(message->msg));
    if (message->priority >= LOG_INFO) {
        log_debug("snmp", "library says \"%.*s\"", SLICE_FMT(text));
    } else if (log_allowed(&limit, 1000, &held)) {
        enum log_level level = message->priority <= LOG_WARNING ? LOG_LEVEL_WARN : LOG_LEVEL_NOTICE;
        log_line(level, "snmp", "library says \"%.*s\" held_back=%lu", SLICE_FMT(text), held);
    }
    return 0;
}

void gwsnmp_log_bridge(void)
{
    snmp_disable_log();
    netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, on_line, NULL);
}
