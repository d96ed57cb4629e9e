/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_WORDS_H
#define GATEWAY_REPORT_WORDS_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/report/report.h"

/**
 * What a report says in its own words, in both languages: every writer takes them from here.
 * The enum's members are named after the English words, which stand in words.def.
 */
enum report_word {
#define WORD(name, english, chinese) WORD_##name,
#include "gateway/report/words.def"
#undef WORD
    WORD_WORDS
};
const char *report_word(enum report_word word, enum report_language language);
enum { REPORT_SAY_MAX = 4 };
/* The word with {1} .. {n} replaced by values, as they are: what comes of strangers is to be made
   inert before. */
void report_say(struct buf *out, enum report_word word, enum report_language language,
                const char *const values[REPORT_SAY_MAX]);
/* "Monthly security report". */
const char *report_title(const struct report_view *view, enum report_language language);
/* The heading of a table: the three top tens have their own. */
enum report_word report_table_word(const struct report_table *table);
/* The head of its column of names: "Malware". */
enum report_word report_name_word(enum store_group group);
/* What a row is called: actions and kinds in the report's language, of others the row's own name;
   "not told" where there is none. A stranger's text. */
const char *report_row_name(const struct report_table *table, const struct report_row *row,
                            enum report_language language);
/* The site's name with its id, which commands want, of one that has a name: else id; of a scope
   that is no site it is that. A stranger's text. */
const char *report_site_name(const struct report_view *view, const char *id);
/* What the alert is of: its site so, else the name of its scope. */
const char *report_alert_scope(const struct report_view *view, const struct report_alert *alert);
/* The part of the catalogue that an indicator stands in. */
enum report_word report_category(int64_t kpi);

/* "ok", "warning", "critical", "unknown"; -1: "no data". */
const char *report_state_word(int state, enum report_language language);
/* "2026-03-01", "2026-03-01 08:15", by the plan's zone; INT64_MAX: "still open". */
void report_date(struct buf *out, const struct report_view *view, int64_t ms);
void report_time(struct buf *out, const struct report_view *view, int64_t ms,
                 enum report_language language);
/* "2026-03-01" of days since 1970-01-01. */
void report_day(struct buf *out, int64_t day);
/* "3 d 4 h", "25 min", "12 s"; "3 天 4 小时". */
void report_duration(struct buf *out, int64_t ms, enum report_language language);
/* "+25", "-3", "new", "same", "–" where the view knows no whole period before; "+25（+50 %）" is a
   writer's affair. */
void report_change(struct buf *out, const struct report_view *view, int64_t n, int64_t before,
                   enum report_language language);
/* The number of the period before; "–" where the view knows nothing of it. */
void report_before(struct buf *out, const struct report_view *view, int64_t before);
/* Why it is unknown at its end; "" where it is not, or nobody knows. */
const char *report_why_unknown(const struct report_line *line);
/* What the engine says of a value and why, in the report's language. It holds strangers' names. */
void report_reason(struct buf *out, const char *text, enum report_language language);
/* 1234567 as "1,234,567". */
void report_number(struct buf *out, int64_t n);
/* n of total as "12.5 %", "< 0.1 %" and "> 99.9 %" where it is not none and not all; total 0:
   nothing. */
void report_share(struct buf *out, int64_t n, int64_t total);
/* A stranger's text: steering characters and bytes that are no UTF-8 become their number, \u{202e}
   or \xff. For HTML it is to be escaped besides. */
void report_inert(struct buf *out, const char *text);

#endif
