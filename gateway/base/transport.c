/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of transports: below the record and the counters, which both speak of them. */
#include "gateway/base/transport.h"

#include <stddef.h>

const char *gw_transport_name(enum gw_transport transport)
{
    static const char *const names[] = {"none", "udp",  "tcp",  "tls",
                                        "relp", "unix", "file", "snmp"};
    return (size_t)transport < sizeof names / sizeof *names ? names[transport] : "none";
}
