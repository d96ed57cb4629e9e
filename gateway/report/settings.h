/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_SETTINGS_H
#define GATEWAY_REPORT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/base/slice.h"
#include "gateway/config/config.h"

/** A <report>: one that is made by itself when its period is over. Text is NULL when absent. */
struct report_section {
    struct section_place place;
    const char *name, *at, *zone, *sites, *languages, *formats, *folder, *mail;
    int64_t period;     /* enum store_period */
    int64_t week_start; /* 0 Monday, 1 Sunday */
    int64_t keep_ms;    /* 0: for ever */
    int64_t mail_max_bytes;
    int64_t wait_ms, timeout_ms, memory_bytes; /* memory 0: no limit */
};
extern const struct section report_section;

enum { REPORT_NAME_MAX = 32, REPORT_SECTIONS_MAX = 64 };

/* What can be told to be wrong in all of them but for the sites and mails that they name. */
bool report_check(const struct config *config, struct diag *diag);

#endif
