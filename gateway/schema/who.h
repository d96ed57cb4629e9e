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

/* Printable UTF-8 of at most max bytes: control characters and bad bytes become '?'.
   NUL-terminated; out holds max + 1 bytes. Returns the length. */
size_t gw_clean_text(struct slice text, char *out, size_t max, bool lower);

/* Where an infection came from, a slice of the record's fields: a host's short name, an address, a
   mail address. Empty when unknown, or when it is the infected computer itself. */
struct slice gw_infection_source(const struct gw_event *event);

#endif
