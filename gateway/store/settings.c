/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows of the <store> section. */
#include "gateway/store/settings.h"

#define AT(member) .offset = offsetof(struct store_section, member)
#define DAYS_MS    (INT64_C(86400) * 1000)

static const struct option rows[] = {
    {.name = "enabled",
     .type = OPTION_BOOL,
     AT(is_enabled),
     .fallback = "yes",
     .needs_restart = true,
     .help = "no: nothing is kept for reports; what comes meanwhile is missing in them when the "
             "journal has let it go."},
    {.name = "hours",
     .type = OPTION_DURATION,
     AT(hours_ms),
     .fallback = "40d",
     .min = DAYS_MS,
     .max = 100 * 366 * DAYS_MS,
     .needs_restart = true,
     .help = "How long detections are kept by the hour, by event time."},
    {.name = "days",
     .type = OPTION_DURATION,
     AT(days_ms),
     .fallback = "800d",
     .min = DAYS_MS,
     .max = 100 * 366 * DAYS_MS,
     .needs_restart = true,
     .help = "How long detections, what was not understood, indicator states and alerts are kept "
             "by the day: longer than the journal keeps records, if so wished."},
    {.name = "max-size",
     .type = OPTION_SIZE,
     AT(max_bytes),
     .fallback = "4G",
     .min = 1 << 20,
     .max = INT64_MAX,
     .unit = "bytes",
     .needs_restart = true,
     .help = "Beyond this size the oldest hours go, then the oldest days, though their time is "
             "not over."},
};

const struct section store_section = {
    .element = "store",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .size = sizeof(struct store_section),
    .help = "What reports are made of: detections by the hour and the day, indicator states, "
            "alerts; store.db in the state folder, filled from the journal.",
};
