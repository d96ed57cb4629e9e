/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CHECK_TEXT_H
#define GATEWAY_CTL_CHECK_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/ctl/check_range.h"

/**
 * What a monitoring plugin prints: one line of text, `|`, performance data, then further lines
 * (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios"). Texts come from an agent
 * and from the messages behind it, so nothing in them may end the line, begin performance data or
 * steer a terminal.
 */

/* text, made harmless: control characters, line separators and marks of writing direction become a
   blank, `|` becomes `/`, a byte that is no UTF-8 `?`. Blanks at the ends go. */
void check_add_text(struct buf *out, struct slice text);

/**
 * One item of performance data: 'label'=value[UOM];warning;critical;0.
 *
 * label     letters, digits, `-`, `_`, `.` and `/` stay, all else becomes `_`
 * is_known  false: U in place of the value
 * unit      as in eogKpiUnit: "0.01 %" is written as percent, others have no UOM
 * warning, critical   -1: no such level. A warning above critical is a value that must not fall:
 *           the levels are then ranges "95:"
 */
void check_add_value(struct buf *out, struct slice label, bool is_known, int32_t value,
                     struct slice unit, int32_t warning, int32_t critical);
/* The same with ranges for levels, as the command line gave them. */
void check_add_ranged(struct buf *out, struct slice label, bool is_known, int32_t value,
                      struct slice unit, const struct check_range *warning,
                      const struct check_range *critical);
/* 'label'=count;;;0 */
void check_add_count(struct buf *out, const char *label, uint32_t count);

#endif
