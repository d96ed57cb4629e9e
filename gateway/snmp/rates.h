/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_RATES_H
#define GATEWAY_SNMP_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * How many answers each source gets a second. Answers go to whoever a datagram claims to come from,
 * so that this bounds what somebody who forges the address can make us send to its owner.
 *
 * Memory is bounded: of the sources beyond GWSNMP_RATES_MAX those make room that have used least of
 * their bound, so that a flood of forged sources frees none that is held back, unless there are
 * more of those. Not thread-safe.
 */
struct gwsnmp_rates;

enum { GWSNMP_RATES_MAX = 4096 };
/* To a stranger: a reply that brings whoever asks by version 1 or 2c without being a manager. */
enum gwsnmp_answer { GWSNMP_REPLY, GWSNMP_REPORT, GWSNMP_STRANGER, GWSNMP_ANSWERS };

struct gwsnmp_rates *gwsnmp_rates_new(void);
void gwsnmp_rates_free(struct gwsnmp_rates *rates);

/* source: as address_bytes() gives it; an empty one has no bound. per_s 0: no bound. */
bool gwsnmp_rates_allow(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_us);
/* One was sent. */
void gwsnmp_rates_spend(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_us);

/* One is given back that was spent: a source that proved itself owes nothing for it. */
void gwsnmp_rates_refund(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                         int64_t per_s, int64_t now_us);

#endif
