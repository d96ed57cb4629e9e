/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_REPORT_SAMPLE_H
#define TESTS_GATEWAY_REPORT_SAMPLE_H

#include "gateway/report/report.h"

/**
 * Reports of invented numbers, that writers are tried and looked at with. The same sample has the
 * same numbers every time; what fits together in a real one fits together here.
 */
enum sample_kind {
    SAMPLE_MONTH,   /* two sites, names long and Chinese, open alerts, everything filled */
    SAMPLE_DAY,     /* one site, by the hour, not over when it was made */
    SAMPLE_QUIET,   /* a week in which all was ok: tables without rows */
    SAMPLE_HOSTILE, /* the month, each name an attack */
    SAMPLE_EMPTY,   /* nothing is known */
    SAMPLE_KINDS
};
struct sample;

struct sample *sample_new(enum sample_kind kind);
/* SAMPLE_HOSTILE with other texts, n > 0 of them; they outlive it. */
struct sample *sample_new_of(enum sample_kind kind, const char *const *texts, size_t n);
const struct report_view *sample_view(const struct sample *sample);
void sample_free(struct sample *sample);
const char *sample_name(enum sample_kind kind);
/* The texts of SAMPLE_HOSTILE, ended by NULL. */
const char *const *sample_attacks(void);

#endif
