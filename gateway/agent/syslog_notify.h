/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_NOTIFY_H
#define GATEWAY_AGENT_SYSLOG_NOTIFY_H

#include "gateway/agent/syslog_row.h"
#include "gateway/snmp/notification.h"

/**
 * syslogMsgNotification of a row: its ten objects in the MIB's order, instances of the row, then as
 * many of its syslogMsgSDParamValue as leave the whole within one datagram of 1472 octets; for that
 * syslogMsgMsg may be cut further than in the table. syslogMsgSDParams tells the receiver how many
 * parameters there were.
 *
 * peer  the address that the message came from, as text: snmpTrapAddress
 * out   borrows from row
 * Source: RFC 5676 section 7, syslogMsgNotification.
 */
void syslog_notify_build(const struct syslog_row *row, struct slice peer,
                         struct gwsnmp_notification *out);

#endif
