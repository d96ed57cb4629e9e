/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_RATES_H
#define GATEWAY_SNMP_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * How many answers each source gets a second. An answer goes to the address that a datagram claims
 * to come from: this bounds what somebody who forges it can make us send to its owner.
 *
 * Memory is bounded: beyond GWSNMP_RATES_MAX sources the one that has used least of its bound makes
 * room. So a flood of forged sources does not free one that is held back, unless it holds back as
 * many others. Not thread-safe.
 */
struct gwsnmp_rates;

enum { GWSNMP_RATES_MAX = 4096 };
/* GWSNMP_STRANGER: a reply by version 1 or 2c to a source that is no manager. */
enum gwsnmp_answer { GWSNMP_REPLY, GWSNMP_REPORT, GWSNMP_STRANGER, GWSNMP_ANSWERS };

struct gwsnmp_rates *gwsnmp_rates_new(void);
void gwsnmp_rates_free(struct gwsnmp_rates *rates);

/* source: as address_bytes() gives it; an empty one has no bound. per_s 0: no bound. */
bool gwsnmp_rates_allow(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_ns);
/* One was sent. */
void gwsnmp_rates_spend(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                        int64_t per_s, int64_t now_ns);

/* Takes one _spend() back. */
void gwsnmp_rates_refund(struct gwsnmp_rates *rates, struct slice source, enum gwsnmp_answer answer,
                         int64_t per_s, int64_t now_ns);

#endif
