/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_WHO_H
#define GATEWAY_SCHEMA_WHO_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

/** Of whom a record speaks: what the indicators and the store's figures must see the same way. */

/* Values that name nobody: empty, "N/A", "-", "0.0.0.0", "::", "null", "none", "unknown". */
bool gw_is_nobody(struct slice text);
/* Short name: what is before the first dot, without a domain prefix and a trailing '$'. */
struct slice gw_short_name(struct slice name);
/* A GUID or MAC address of nothing but zeros. */
bool gw_is_zero_id(struct slice text);

/**
 * By what a computer is known. The caller sets what a record says, trimmed or not; gw_identity_of()
 * leaves of it what names one, else empty:
 *
 *     guid    as said
 *     name    its short name; an address that stands there is the ip, if none is said
 *     domain  the first label of the domain said, else of the one in the name; "workgroup" and
 *             "default" are none. So CORP\PC-1, pc-1.corp.example.net and PC-1 of domain corp are
 *             one: name pc-1, domain corp.
 *     mac     without what stands between its digits, a slice of this struct
 *     ip      not the loopback's
 *     label   as people know it: the first of name, guid, mac and ip
 */
struct gw_identity {
    struct slice guid, name, domain, mac, ip;
    struct slice label;
    char mac_digits[12];
};
void gw_identity_of(struct gw_identity *who);

/* Printable UTF-8 of at most max bytes: what steers (base/utf8.h) and bad bytes become '?'.
   NUL-terminated; out holds max + 1 bytes. Returns the length. */
size_t gw_clean_text(struct slice text, char *out, size_t max, bool lower);

/**
 * By what a record that says a product's own key (EVENT_KEY) is known again: two with the same are
 * one finding, told twice. Always joined: the key, the kind, the mapping.
 *
 * A key that the product made unique in the world (a GUID, an address with a number, random text)
 * needs no more: so an event that a console and a relay both forward, under different names and at
 * different times, counts once. Any other may be a mere counter, 1, 2, 3 ...: of it are joined the
 * site, who reported it (product's host or address, else the sender), the computer it is about, and
 * the day (UTC) of its event time, as counters begin anew. Then one event that comes by two ways,
 * which name the reporter differently, counts twice: better than one of two that hides the other.
 *
 * out is NUL-terminated printable UTF-8; returns its length, 0 when the record has no key.
 */
enum { GW_REPEAT_KEY_MAX = 768 };
size_t gw_repeat_key(const struct gw_event *event, char out[GW_REPEAT_KEY_MAX]);
/* Has the product made it unique in the world? 16 letters and digits or more, so mixed as no
   counter with a name before it is; told by its form alone. */
bool gw_is_unique_key(struct slice key);

/* Where an infection came from, a slice of the record's fields: a host's short name, an address, a
   mail address. Empty when unknown, or when it is the infected computer itself. */
struct slice gw_infection_source(const struct gw_event *event);

#endif
