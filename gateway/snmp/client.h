/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_CLIENT_H
#define GATEWAY_SNMP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/notification.h"
#include "gateway/snmp/value.h"

/**
 * A synchronous SNMP client over UDP: one agent, one question at a time, everything within one span
 * of time. For programs that ask and end; not beside a gwsnmp_session in one process, since the
 * library keeps its state in globals.
 *
 * Whatever goes wrong, `error` gets one sentence for a person that ends without a full stop, and
 * the code tells what kind of trouble it is:
 *   GW_ERR_INVALID    an option that cannot be
 *   GW_ERR_NOT_FOUND  the host's name is not known
 *   GW_ERR_CLOSED     nobody answers there, or the host refuses
 *   GW_ERR_DENIED     an agent answers there, but not to this community, user or passphrase
 *   GW_ERR_DAMAGED    an answer that is no answer to what was asked
 *   GW_ERR_IO         the system refused a socket
 */
struct gwsnmp_client;

struct gwsnmp_client_options {
    const char *host; /* name, IPv4 or IPv6 address */
    unsigned port;
    int version;                    /* 2 (v2c) or 3 */
    const char *community;          /* version 2 */
    const struct gwsnmp_user *user; /* version 3; privacy none: authentication alone */
    int timeout_ms;                 /* from opening on, for all questions together */
    /* Whether the library may be shown this answer. */
    bool (*is_safe)(struct slice message);
    const struct clock *clock;
};

/**
 * Ready to ask; with version 3 the agent has been spoken to. Changes the process's environment
 * (the library reads it), so it is called before other threads are.
 */
int gwsnmp_client_open(const struct gwsnmp_client_options *options, struct gwsnmp_client **out,
                       struct buf *error);
void gwsnmp_client_close(struct gwsnmp_client *client);

/**
 * GET of n <= GWSNMP_VARBINDS_MAX instances: values[i] is what names[i] is, a missing one
 * GWSNMP_NO_SUCH_OBJECT or GWSNMP_NO_SUCH_INSTANCE, one of a type of no use GWSNMP_NONE. Octets
 * live in arena.
 */
int gwsnmp_client_get(struct gwsnmp_client *client, const struct gwsnmp_oid *names, size_t n,
                      struct arena *arena, struct gwsnmp_value *values, struct buf *error);

/**
 * GETBULK of what comes after `after`, at most max <= GWSNMP_VARBINDS_MAX. *n_out is less than that
 * at the end of the view or when the agent answers with fewer; 0: nothing comes after.
 * Increasing names are made sure of, so a walk always ends.
 */
int gwsnmp_client_bulk(struct gwsnmp_client *client, const struct gwsnmp_oid *after, size_t max,
                       struct arena *arena, struct gwsnmp_varbind *out, size_t *n_out,
                       struct buf *error);

#endif
