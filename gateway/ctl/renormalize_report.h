/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_RENORMALIZE_REPORT_H
#define GATEWAY_CTL_RENORMALIZE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gateway/ctl/renormal.h"
#include "gateway/mapping/mapping.h"
#include "gateway/schema/event.h"

/**
 * What newer mappings made of a period: counts a product and rule, kinds that became others, a few
 * records field by field. As large as the mappings, whatever was read.
 */
struct renormalize_report;

/* examples: of each pair of kinds. set is borrowed. */
struct renormalize_report *renormalize_report_new(const struct mapping_set *set, int64_t examples);
void renormalize_report_free(struct renormalize_report *report);

/* One record: how it was recorded, and what renormal_run() made of it. */
void renormalize_report_add(struct renormalize_report *report, const struct gw_event *was,
                            const struct renormal *is, enum renormal_result result);
uint64_t renormalize_report_count(const struct renormalize_report *report,
                                  enum renormal_result result);

/* What stands beside the counts. */
struct renormalize_end {
    int64_t from_ms, to_ms;
    bool is_dry, is_for_feed, is_by_daemon;
    uint64_t written;             /* corrections on disk */
    uint64_t damaged, unreadable; /* records of the journal */
    bool is_whole;                /* all was read, and all corrections are on disk */
};
void renormalize_report_print(const struct renormalize_report *report,
                              const struct renormalize_end *end, FILE *out);
void renormalize_report_print_json(const struct renormalize_report *report,
                                   const struct renormalize_end *end, FILE *out);

#endif
