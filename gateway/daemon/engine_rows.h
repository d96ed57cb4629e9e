/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_ENGINE_ROWS_H
#define GATEWAY_DAEMON_ENGINE_ROWS_H

#include "gateway/base/buf.h"
#include "gateway/daemon/settings.h"
#include "gateway/kpi/settings.h"

/**
 * <maintenance> and <newest> as the indicator engine takes them. What they borrow is the
 * configuration's, and of a window the zone's bytes are zone's.
 */

/* Cleared and filled; NULL when it is sound, else what is wrong with it, for people. */
const char *engine_rows_maintenance(const struct config *config,
                                    const struct maintenance_settings *row, struct buf *zone,
                                    struct kpi_maintenance *out);
const char *engine_rows_newest(const struct newest_settings *row, struct kpi_newest *out);

#endif
