/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CIVIL_H
#define GATEWAY_BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A date and time of the proleptic Gregorian calendar, without a zone. */
struct civil {
    int year, month, day;     /* month 1..12, day 1..31 */
    int hour, minute, second; /* second 0..60: a leap second is read as the next second */
    int millisecond;
};

bool civil_is_valid(const struct civil *civil);
/* Milliseconds since 1970-01-01T00:00:00, taking civil as UTC. civil must be valid. */
int64_t civil_to_ms(const struct civil *civil);
struct civil civil_from_ms(int64_t ms);

enum { CIVIL_RFC3339_MAX = 32 };
/* "2026-11-24T04:12:20.123Z"; out holds CIVIL_RFC3339_MAX bytes. Returns the length. */
size_t civil_format(int64_t ms, char *out);

#endif
