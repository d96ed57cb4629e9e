/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_WORDS_H
#define GATEWAY_REPORT_WORDS_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/report/report.h"

/**
 * What a report says in its own words, in both languages: every writer takes them from here.
 * The enum's members are named after the English words.
 */
enum report_word {
    WORD_TITLE, /* "Security report" */
    WORD_WORDS
};
const char *report_word(enum report_word word, enum report_language language);

/* "ok", "warning", "critical", "unknown"; -1: "no data". */
const char *report_state_word(int state, enum report_language language);
/* "2026-03-01", "2026-03-01 08:15", by the plan's zone; INT64_MAX: "still open". */
void report_date(struct buf *out, const struct report_view *view, int64_t ms);
void report_time(struct buf *out, const struct report_view *view, int64_t ms,
                 enum report_language language);
/* "3 d 4 h", "25 min", "12 s"; "3 天 4 小时". */
void report_duration(struct buf *out, int64_t ms, enum report_language language);
/* "+25", "-3", "new", "same"; "+25（+50 %）" is a writer's affair. */
void report_change(struct buf *out, int64_t n, int64_t before, enum report_language language);
/* 1234567 as "1,234,567". */
void report_number(struct buf *out, int64_t n);

#endif
