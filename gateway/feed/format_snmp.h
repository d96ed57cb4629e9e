/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_FORMAT_SNMP_H
#define GATEWAY_FEED_FORMAT_SNMP_H

#include <stdbool.h>

#include "gateway/base/buf.h"
#include "gateway/feed/format.h"
#include "gateway/schema/event.h"

/**
 * Notifications as structured syslog, RFC 5675. Its text could not be read when this was written:
 * parameters, defaults and order are those of second-hand notes of sections 3.1, 3.2, 4 and 5.
 *
 * SD-ID snmp: ctxEngine and ctxName of version 3, then for the Nth varbind vN, its name, and one of
 * oN (OBJECT IDENTIFIER), xN (octets, hexadecimal; where they are printable text also aN, that),
 * cN Counter32, CN Counter64, uN Unsigned32 and Gauge32, dN Integer32, iN IpAddress, pN Opaque
 * (hexadecimal), tN TimeTicks, nN (nothing). SD-ID origin: ip, the sender. A trap of version 1 is
 * converted by RFC 3584 section 3.1 first, without snmpTrapCommunity: a secret is not forwarded.
 * No labels (lN, optional). ctxName is always the default context, "": records keep no other.
 */

/**
 * Whether a record is sent: it came by SNMP and is no correction of one. Never a
 * syslogMsgNotification (RFC 5676): it was syslog before, and two translators that face each other
 * would send it for ever.
 */
bool feed_snmp_wants(const struct gw_event *event);

/* False, with nothing appended: what came is no valid notification (section 3: it is dropped). */
bool feed_snmp_format(const struct feed_format_context *context, const struct gw_event *event,
                      struct buf *out);

#endif
