/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_ZONE_H
#define GATEWAY_BASE_ZONE_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * A time zone with its history and its future rules. Immutable once made: any thread may read it.
 * Nothing of the C library's zone state (TZ, tzset) is read or changed.
 */
struct zone;

/**
 * The IANA zone of that name ("Asia/Shanghai") from the system's zoneinfo. "UTC" and "GMT" need no
 * file. NULL when the name is not made of letters, digits, '_', '+', '-', '.' and '/', begins with
 * '/', holds "..", names no file, or the file is damaged. The caller frees it.
 */
struct zone *zone_open(const char *name);

/* The same, and in out the file's bytes, for who must do without the file later. NULL, and out
 * empty, when there is no such file: that may be so for UTC, too. */
struct zone *zone_open_bytes(const char *name, struct buf *out);

/* The same from the bytes of a TZif file, version 1 to 4. NULL when damaged. */
struct zone *zone_read(struct slice tzif);

void zone_free(struct zone *zone);

/* Seconds east of UTC in force at that instant. zone NULL is UTC. */
int zone_offset_at_utc(const struct zone *zone, int64_t utc_ms);

/**
 * The instant of a local clock reading, written as if it were UTC. A reading that stands twice
 * (clocks set back) is its first occurrence; one that never was (a gap) takes the offset in force
 * before the gap. zone NULL is UTC.
 */
int64_t zone_local_to_utc(const struct zone *zone, int64_t local_ms);

#endif
