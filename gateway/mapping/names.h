/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_NAMES_H
#define GATEWAY_MAPPING_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

/**
 * Names of SNMP notifications, objects and vendors by their OIDs, with the kind and severity of a
 * notification: mappings/notifications.txt. Loaded with the mappings, then read by any number of
 * threads. An OID here is dotted text without a leading dot; any bytes may be asked for.
 *
 * The file, in the order of the OIDs' numbers:
 *     1.3.6.1.4.1.9 Cisco                   a vendor: all below it is its
 *     1.3.6.1.4.1.9.9.43                    what the lines below begin with
 *     .1.1.6.1.3 ccmHistoryEventCommandSource
 *     .2.0.1 ciscoConfigManEvent config.change low
 * An object may say where its value goes, and where the number of its instance does:
 *     .1 ifIndex =interface.index
 *     .2 ifDescr =interface.name @interface.index
 * One that goes to an address's field, and comes as words or as an address in words:
 *     .2 lineSource =src.ip:text
 */
struct names;

enum names_what { NAMES_VENDOR, NAMES_OBJECT, NAMES_NOTIFICATION };

/* There are some 20,000. */
struct names_row {
    const char *text; /* the OID, and behind it the name; lives as long as the names */
    uint16_t n_oid;
    uint8_t n_name;
    uint8_t what;         /* enum names_what */
    uint8_t severity;     /* of a notification: enum gw_severity */
    bool value_is_text;   /* though its field is an address's */
    uint16_t kind;        /* of a notification: enum gw_kind */
    uint16_t value_field; /* of an object: enum gw_field, 0: none */
    uint16_t instance_field;
    int32_t above; /* the row of the longest OID that this one begins with; -1: none */
};

static inline struct slice names_oid(const struct names_row *row)
{
    return slice_of(row->text, row->n_oid);
}

static inline struct slice names_name(const struct names_row *row)
{
    return slice_of(row->text + row->n_oid, row->n_name);
}

/* GW_OK, or the file's mistakes in diag and *out NULL. */
int names_load(const char *path, struct diag *diag, struct names **out);
void names_free(struct names *names);

/**
 * The notification of this name, or NULL. A v1 trap of a notification whose definition has no 0
 * before the last number is found too (RFC 3584 section 3.1 puts one in). names may be NULL.
 */
const struct names_row *names_notification(const struct names *names, struct slice oid);

/* The object that oid is an instance of, or NULL; *instance gets what follows it, ".3" of
 * ifOperStatus.3, empty when nothing does. names may be NULL. */
const struct names_row *names_object(const struct names *names, struct slice oid,
                                     struct slice *instance);

/* Whose subtree it is in; empty: nobody's known. names may be NULL. */
struct slice names_vendor(const struct names *names, struct slice oid);

#endif
