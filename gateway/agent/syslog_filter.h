/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_FILTER_H
#define GATEWAY_AGENT_SYSLOG_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/agent/agent.h"
#include "gateway/base/address.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/** Which messages become rows of syslogMsgTable: <syslog-mib>, compiled. A plain value. */
enum { SYSLOG_NETWORKS_MAX = 64 };
struct syslog_filter {
    unsigned severity;   /* this or graver, a smaller number */
    uint32_t facilities; /* a bit each */
    size_t n_networks;   /* 0: from anywhere */
    struct network networks[SYSLOG_NETWORKS_MAX];
};

/* False: a facility or network that is none; each mistake is in diag. */
bool syslog_filter_init(const struct agent_syslog_section *section, struct diag *diag,
                        struct syslog_filter *out);
/* peer: the address that the message came from, as text. */
bool syslog_filter_wants(const struct syslog_filter *filter, unsigned facility, unsigned severity,
                         struct slice peer);

/**
 * Where a message comes from, lest notifications go round in circles. What went through SNMP, or is
 * of this gateway itself, is not for this MIB at all; what another gateway's feed sends was for
 * that gateway to tell.
 * Source: that the SD-ID snmp keeps a message out of SYSLOG-MSG-MIB is of RFC 5675 and 5676 by
 * notes of others; their prose was not read. The rest is our own.
 */
enum syslog_origin {
    SYSLOG_GENUINE,    /* what is behind it is worse */
    SYSLOG_OF_GATEWAY, /* a row, and no notification */
    SYSLOG_CIRCULAR    /* neither */
};
/* pid: of this process, whose log may come back by the host's syslog. */
enum syslog_origin syslog_origin(const struct syslog_header *header, struct slice gateway_id,
                                 int64_t pid);

#endif
