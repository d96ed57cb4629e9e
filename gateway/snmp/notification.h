/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_NOTIFICATION_H
#define GATEWAY_SNMP_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/value.h"

/**
 * A notification to send, as plain values: what comes after sysUpTime.0 and snmpTrapOID.0, in
 * order. snmpTrapAddress.0 is added at the end (RFC 3584 section 3.1 (4)).
 */
enum { GWSNMP_VARBINDS_MAX = 32 };

struct gwsnmp_varbind {
    struct gwsnmp_oid name;
    struct gwsnmp_value value; /* text borrowed until the call that took the notification returns */
};

struct gwsnmp_notification {
    /* Grows from one to the next, so that one can ask which still wait; 0: nobody asks for it. */
    uint64_t number;
    /* A syslog message's (RFC 5676): for sinks that ask for those, and the first to be dropped. */
    bool is_message;
    struct gwsnmp_oid trap_oid;
    /* snmpTrapAddress: the host that this is about. has_origin false: the gateway's own address, as
       each sink sees it. */
    bool has_origin;
    unsigned char origin[4];
    size_t n;
    struct gwsnmp_varbind v[GWSNMP_VARBINDS_MAX];
};

/**
 * A receiver of notifications. A trap is sent once and forgotten (RFC 3416 section 4.2.6); an
 * inform (section 4.2.7) is sent until the receiver acknowledges it: after timeout_ms, twice that
 * and so on up to half a minute. It is given up after `retries` repeats; with retries 0, when the
 * receiver has answered with an error eight times. A sink is sent one inform at a time, in order.
 * Up to GWSNMP_SINK_WAITING_MAX wait; beyond that the oldest is dropped. Of these at most
 * GWSNMP_SINK_MESSAGES_MAX are syslog messages, which are dropped before all others. Nothing waits
 * for a sink: not its neighbours, not the agent.
 *
 * By version 3 a trap comes from our engine, whose id the receiver must know; an inform goes to the
 * receiver's engine, which is asked for its id (RFC 3414 section 4) unless that is configured.
 */
enum gwsnmp_sink_version { GWSNMP_SINK_V2C, GWSNMP_SINK_V3 };
enum gwsnmp_sink_kind { GWSNMP_SINK_TRAP, GWSNMP_SINK_INFORM };
enum gwsnmp_sink_topic { GWSNMP_SINK_ALERTS, GWSNMP_SINK_MESSAGES, GWSNMP_SINK_ALL };
#define GWSNMP_SINK_VERSION_CHOICES "2c 3"
#define GWSNMP_SINK_KIND_CHOICES    "trap inform"
#define GWSNMP_SINK_TOPIC_CHOICES   "alerts messages all"
enum { GWSNMP_SINK_WAITING_MAX = 1000, GWSNMP_SINK_MESSAGES_MAX = 100 };

struct gwsnmp_sink {
    const char *address; /* "192.0.2.1:162", "[2001:db8::1]:162": numeric, no name to look up */
    enum gwsnmp_sink_version version;
    enum gwsnmp_sink_kind kind;
    enum gwsnmp_sink_topic topic; /* ALERTS: all but syslog messages */
    const char *community;        /* V2C */
    struct gwsnmp_user user;      /* V3 */
    unsigned char engine[32];     /* INFORM by V3: the receiver's; without one it is asked */
    size_t n_engine;
    int64_t timeout_ms; /* INFORM */
    int retries;        /* INFORM; 0: until it is acknowledged */
};

/** How a sink is doing, as `eogctl status` shows it. */
struct gwsnmp_sink_row {
    char address[ADDRESS_TEXT_MAX];
    enum gwsnmp_sink_version version;
    enum gwsnmp_sink_kind kind;
    enum gwsnmp_sink_topic topic;
    char engine[2 * 32 + 1]; /* INFORM by V3: the receiver's, in hexadecimal; "": not known */
    size_t waiting;
    uint64_t sent;         /* put on the wire, each once */
    uint64_t acknowledged; /* informs */
    uint64_t resent;       /* repeats of informs */
    uint64_t failed;       /* traps that could not be sent, informs given up */
    uint64_t dropped;      /* never sent: too many waited */
    const char *trouble;   /* why the last one did not get through; NULL: it did */
};
enum { GWSNMP_SINKS_MAX = 256 };

#endif
