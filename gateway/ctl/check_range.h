/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_RANGE_H
#define GATEWAY_CTL_CHECK_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * A range of the Monitoring Plugins Development Guidelines ("Threshold and Ranges"):
 * [@][start:][end]. "10": alert outside 0 to 10; "10:": below 10; "~:10": above 10; "10:20":
 * outside; "@10:20": inside, ends included. Numbers have up to two decimals: they are kept as
 * hundredths.
 */
struct check_range {
    bool is_set, is_inside;
    int64_t start, end; /* hundredths; INT64_MIN, INT64_MAX: no bound */
};

/* False: text is no range. */
bool check_range_parse(struct slice text, struct check_range *out);
bool check_range_alerts(const struct check_range *range, int64_t hundredths);
/* As performance data has it. */
void check_range_add(const struct check_range *range, struct buf *out);

#endif
