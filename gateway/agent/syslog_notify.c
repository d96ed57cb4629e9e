/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A row as syslogMsgNotification, to the size of a datagram. */
#include "gateway/agent/syslog_notify.h"

#include <string.h>

#include "gateway/agent/syslog_tables.h"
#include "gateway/base/address.h"

/*
 * Octets of a datagram, at most: the message's header, sysUpTime.0, snmpTrapOID.0 and
 * snmpTrapAddress.0 take FIXED (version 3 with the longest names that there are); a varbind takes
 * VARBIND besides its name's arcs and its value. An arc has up to five octets, in an index of
 * printable text one.
 */
enum { DATAGRAM = 1472, FIXED = 400, VARBIND = 12, ARC_MAX = 5, COLUMN_ARCS = 10 };
enum { EMPTY_VARBIND = VARBIND + COLUMN_ARCS + 2 * ARC_MAX };

/* Beside the longest header's fields and the four numbers there is room for some of MSG. */
enum {
    MSG_LEAST = DATAGRAM - FIXED - 10 * EMPTY_VARBIND - 4 * ARC_MAX - SYSLOG_TIME_MAX -
                SYSLOG_HOSTNAME_MAX - SYSLOG_APPNAME_MAX - SYSLOG_PROCID_MAX - SYSLOG_MSGID_MAX
};
_Static_assert(MSG_LEAST >= 256, "a notification without a message says little");

static struct gwsnmp_varbind *add(struct gwsnmp_notification *out, uint32_t table, uint32_t column)
{
    const uint32_t base[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_OBJECTS, table, 1, column};
    struct gwsnmp_varbind *varbind = &out->v[out->n++];
    memcpy(varbind->name.v, base, sizeof base);
    varbind->name.n = sizeof base / sizeof *base;
    return varbind;
}

static size_t size_of(const struct gwsnmp_varbind *varbind)
{
    size_t n_value = varbind->value.type == GWSNMP_OCTETS ? varbind->value.octets.n : ARC_MAX;
    return EMPTY_VARBIND + n_value;
}

/* The ten objects; returns the octets that are left. */
static size_t add_objects(const struct syslog_row *row, struct gwsnmp_notification *out)
{
    size_t left = DATAGRAM - FIXED;
    for (uint32_t column = SYSLOG_MSG_FACILITY; column <= SYSLOG_MSG_MSG; column++) {
        struct gwsnmp_varbind *varbind = add(out, SYSLOG_MIB_MESSAGES, column);
        varbind->name.v[varbind->name.n++] = row->index;
        syslog_row_cell(row, column, &varbind->value);
        if (column == SYSLOG_MSG_MSG) {
            size_t max = left - (size_of(varbind) - varbind->value.octets.n);
            varbind->value.octets = syslog_row_cut(varbind->value.octets, max);
        }
        left -= size_of(varbind);
    }
    return left;
}

static void add_params(const struct syslog_row *row, size_t left, struct gwsnmp_notification *out)
{
    for (size_t i = 0; i < row->n_params && out->n < GWSNMP_VARBINDS_MAX; i++) {
        const struct syslog_param *param = &row->params[i];
        size_t size = EMPTY_VARBIND + 2 + param->id.n + param->name.n + param->value.n;
        if (size > left)
            return;
        left -= size;
        struct gwsnmp_varbind *varbind = add(out, SYSLOG_MIB_PARAMS, SYSLOG_SD_PARAM_VALUE);
        varbind->name.n += syslog_row_param_index(row, i, varbind->name.v + varbind->name.n);
        varbind->value.type = GWSNMP_OCTETS;
        varbind->value.octets = param->value;
    }
}

void syslog_notify_build(const struct syslog_row *row, struct slice peer,
                         struct gwsnmp_notification *out)
{
    static const uint32_t trap_oid[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_NOTIFICATIONS,
                                        SYSLOG_NOTIFICATION};
    struct network address;
    out->number = 0;
    out->is_message = true;
    out->n = 0;
    memcpy(out->trap_oid.v, trap_oid, sizeof trap_oid);
    out->trap_oid.n = sizeof trap_oid / sizeof *trap_oid;
    out->has_origin = network_parse(peer, &address) && address.n == 4;
    if (out->has_origin)
        memcpy(out->origin, address.bytes, sizeof out->origin);
    add_params(row, add_objects(row, out), out);
}
